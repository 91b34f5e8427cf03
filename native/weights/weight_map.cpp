#include "weight_map.h"

#include <ATen/ops/zeros.h>

#include <map>
#include <set>

#include "hspace/error.h"
#include "text.h"
#include "weight_files.h"

namespace hspace {

namespace {

// A linear layer (out, in) and a 1x1 convolution (out, in, 1, 1) hold the same numbers in the same
// order.
bool same_projection(at::IntArrayRef a, at::IntArrayRef b) {
  if (a.size() > b.size()) return same_projection(b, a);
  return a.size() == 2 && b.size() == 4 && a[0] == b[0] && a[1] == b[1] && b[2] == 1 && b[3] == 1;
}

// More numbers than the largest UNet2DModel published, and more keys than it has.
constexpr double kMostStandIns = 1 << 28;
constexpr size_t kMostMisfits = 5000;

std::string list(const char* title, const std::map<std::string, std::string>& entries) {
  if (entries.empty()) return "";
  std::string text = std::string("\n  ") + title + " (" + std::to_string(entries.size()) + "):";
  for (const auto& [key, detail] : entries) text += "\n    " + key + detail;
  return text;
}

}  // namespace

struct WeightMap::State {
  std::string directory;
  std::vector<SafetensorsFile> files;
  std::map<std::string, size_t> file_of;  // key -> index into files
  std::set<std::string> taken;
  std::map<std::string, std::string> missing;    // key -> " expected (3)"
  std::map<std::string, std::string> misshaped;  // key -> " expected (3), found (4)"
  std::map<std::string, std::string> mistyped;   // key -> " found Int"
  double stood_in = 0;                           // numbers that are not there and were asked for

  // Error listing all misfits so far.
  void report(const std::map<std::string, std::string>& unexpected, const char* more) const {
    const std::string problems = list("missing", missing) + list("unexpected", unexpected) +
                                 list("of another shape", misshaped) +
                                 list("not floating-point", mistyped);
    if (!problems.empty())
      throw Error(directory + ": the weights do not fit config.json:" + problems + more);
  }
};

WeightMap::WeightMap(const std::string& directory, const std::string& variant)
    : WeightMap(open_weight_files(directory, variant), directory) {}

WeightMap::WeightMap(std::vector<SafetensorsFile> files, const std::string& place)
    : state_(std::make_unique<State>()) {
  state_->directory = place;
  state_->files = std::move(files);
  for (size_t i = 0; i < state_->files.size(); ++i) {
    for (const std::string& key : state_->files[i].names()) state_->file_of.emplace(key, i);
  }
}

WeightMap::~WeightMap() = default;

bool WeightMap::contains(const std::string& key) const { return state_->file_of.count(key) > 0; }

at::Tensor WeightMap::take(const std::string& key, const std::vector<int64_t>& shape) {
  // One number seen as many. The layers that it is for may write it out, so a configuration that
  // asks for far more than there is ends here, before the memory is spent.
  const auto stand_in = [&] {
    double numbers = 1;
    for (const int64_t extent : shape) numbers *= static_cast<double>(extent);
    state_->stood_in += numbers;
    const size_t misfits =
        state_->missing.size() + state_->misshaped.size() + state_->mistyped.size();
    if (state_->stood_in > kMostStandIns || misfits > kMostMisfits)
      state_->report({}, "\n  and more, not looked at");
    return at::zeros({}).expand(shape);
  };
  const auto found = state_->file_of.find(key);
  if (found == state_->file_of.end()) {
    state_->missing[key] = ": expected " + shape_text(shape);
    return stand_in();
  }
  state_->taken.insert(key);
  const at::Tensor weight = state_->files[found->second].tensor(key);
  if (!weight.is_floating_point()) {
    state_->mistyped[key] = std::string(": found ") + c10::toString(weight.scalar_type());
    return stand_in();
  }
  if (weight.sizes() == at::IntArrayRef(shape)) return weight;
  if (same_projection(weight.sizes(), shape)) return weight.view(shape);
  state_->misshaped[key] =
      ": expected " + shape_text(shape) + ", found " + shape_text(weight.sizes().vec());
  return stand_in();
}

at::Tensor WeightMap::take_any(const std::vector<std::string>& keys,
                               const std::vector<int64_t>& shape) {
  for (const std::string& key : keys) {
    if (contains(key)) return take(key, shape);
  }
  return take(keys.at(0), shape);
}

at::Tensor WeightMap::take_optional(const std::string& key, const std::vector<int64_t>& shape) {
  return contains(key) ? take(key, shape) : at::Tensor();
}

void WeightMap::ignore(const std::string& key) { state_->taken.insert(key); }

void WeightMap::finish() const {
  std::map<std::string, std::string> unexpected;
  for (const auto& [key, file] : state_->file_of) {
    if (state_->taken.count(key) == 0) {
      unexpected[key] = ": found " + shape_text(state_->files[file].tensor(key).sizes().vec());
    }
  }
  state_->report(unexpected, "");
}

}  // namespace hspace
