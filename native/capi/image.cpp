#include "hspace/png.h"

#include "capi/arrays.h"
#include "capi/status.h"

using namespace hspace;
using namespace hspace::capi;

hspace_status hspace_image_write_png(const char* file, const float* image, const int64_t chw[3]) {
  return guarded([&] {
    required(chw, "chw");
    for (int i = 0; i < 3; ++i) {
      if (chw[i] > 0) continue;
      throw Error("chw: expected sizes of at least 1, found " + std::to_string(chw[i]));
    }
    const std::vector<int64_t> shape =
        shape_of(static_cast<size_t>(chw[0]), {chw[1], chw[2]}, "chw");
    write_png(&required(file, "file"), floats(image, shape, "image"));
  });
}
