#include "hspace/classifier.h"

#include "capi/arrays.h"
#include "capi/objects.h"
#include "capi/status.h"

using namespace hspace;
using namespace hspace::capi;

hspace_status hspace_classifier_open(const char* directory, const char* device,
                                     hspace_classifier** out) {
  return guarded([&] {
    hspace_classifier*& handle = fresh(out);
    handle =
        make<hspace_classifier>(Classifier(&required(directory, "directory"), device_of(device)));
  });
}

void hspace_classifier_free(hspace_classifier* classifier) { close(classifier); }

size_t hspace_classifier_label_count(const hspace_classifier* classifier) {
  return guarded<size_t>(0, [&] { return find(classifier)->classifier.labels().size(); });
}

const char* hspace_classifier_label(const hspace_classifier* classifier, size_t number) {
  return guarded<const char*>(
      nullptr, [&] { return text_at(find(classifier)->classifier.labels(), number); });
}

hspace_status hspace_classifier_scores(const hspace_classifier* classifier, const float* images,
                                       size_t n, int64_t height, int64_t width, float* out,
                                       size_t count) {
  return guarded([&] {
    const auto with = find(classifier);
    if (n == 0 || height < 1 || width < 1) {
      throw Error("images: expected at least one of at least one pixel, found " +
                  std::to_string(n) + " of " + std::to_string(width) + " x " +
                  std::to_string(height));
    }
    const at::Tensor view = floats(images, shape_of(n, {3, height, width}, "images"), "images");
    const auto labels = static_cast<int64_t>(with->classifier.labels().size());
    expect_room({view.size(0), labels}, out, count);
    copy_out(finite(with->classifier.scores(finite(view, "images")), "scores"), out, count);
  });
}

hspace_status hspace_classifier_scores_dlpack(const hspace_classifier* classifier,
                                              const DLManagedTensor* images, DLManagedTensor* out) {
  return guarded([&] {
    const auto with = find(classifier);
    const at::Tensor view = borrowed(images, "images");
    const auto labels = static_cast<int64_t>(with->classifier.labels().size());
    const at::Tensor room = borrowed(out, {view.dim() > 0 ? view.size(0) : 0, labels}, "out");
    room.copy_(finite(with->classifier.scores(finite(view, "images")), "scores"));
  });
}
