#include "files/weight_map.h"

#include <ATen/Parallel.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <utility>

#include "files/sha256.h"
#include "files/text.h"
#include "hspace/error.h"

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

// Misfits of a kind that an Error lists.
constexpr size_t kListed = 5;

// Whether the tensor is of a type that layers hold.
bool could_be_weight(const SafetensorsFile& file, const std::string& key) {
  const auto dtype = file.dtype(key);
  return dtype && c10::isFloatingType(*dtype);
}

// The first few: a model of another architecture misses hundreds.
std::string list(const char* title, const std::map<std::string, std::string>& entries) {
  if (entries.empty()) return "";
  std::string text = std::string("\n  ") + title + " (" + std::to_string(entries.size()) + "):";
  size_t listed = 0;
  for (const auto& [key, detail] : entries) {
    if (++listed > kListed) return text + "\n    ...";
    text += "\n    " + key + detail;
  }
  return text;
}

}  // namespace

struct WeightMap::State {
  std::string directory;
  std::vector<SafetensorsFile> files;
  std::map<std::string, size_t> file_of;  // key -> index into files
  std::set<std::string> taken;
  struct Loaded {
    std::string key;  // in its file, which may have it under an older name
    std::vector<int64_t> shape;
  };
  std::map<std::string, Loaded> loaded;          // name asked for -> what came
  std::map<std::string, std::string> missing;    // key -> " expected (3)"
  std::map<std::string, std::string> misshaped;  // key -> " expected (3), found (4)"
  std::map<std::string, std::string> mistyped;   // key -> " found Int"
  double stood_in = 0;                           // numbers that are not there and were asked for

  // Error that lists the misfits so far.
  void report(const std::map<std::string, std::string>& unexpected, const char* more) const {
    const std::string problems = list("missing", missing) + list("unexpected", unexpected) +
                                 list("of another shape", misshaped) +
                                 list("not floating-point", mistyped);
    if (!problems.empty())
      throw FileError(directory + ": the weights do not fit config.json:" + problems + more);
  }
};

WeightMap::WeightMap(const std::string& directory, const std::string& variant,
                     const std::string& stem)
    : WeightMap(open_weight_files(directory, variant, stem), directory) {}

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
  return take_any({key}, shape);
}

at::Tensor WeightMap::take_any(const std::vector<std::string>& keys,
                               const std::vector<int64_t>& shape) {
  const auto present =
      std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return contains(key); });
  const std::string& key = present == keys.end() ? keys.at(0) : *present;
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
  const SafetensorsFile& file = state_->files[found->second];
  if (!could_be_weight(file, key)) {
    state_->mistyped[key] = ": found " + file.dtype_name(key);
    return stand_in();
  }
  const std::vector<int64_t>& stored = file.shape(key);
  if (stored != shape && !same_projection(stored, shape)) {
    state_->misshaped[key] = ": expected " + shape_text(shape) + ", found " + shape_text(stored);
    return stand_in();
  }
  state_->loaded[keys.at(0)] = {key, shape};
  return file.tensor(key).view(shape);
}

at::Tensor WeightMap::take_optional(const std::string& key, const std::vector<int64_t>& shape) {
  return contains(key) ? take(key, shape) : at::Tensor();
}

void WeightMap::ignore(const std::string& key) { state_->taken.insert(key); }

std::vector<std::string> WeightMap::finish() const {
  std::map<std::string, std::string> unexpected;
  std::map<std::string, std::string> unused;  // path -> what it holds beside weights
  for (const auto& [key, index] : state_->file_of) {
    if (state_->taken.count(key) > 0) continue;
    const SafetensorsFile& file = state_->files[index];
    if (could_be_weight(file, key)) {
      unexpected[key] = ": found " + shape_text(file.shape(key));
    } else {
      std::string& listed = unused[file.path()];
      listed += (listed.empty() ? "" : ", ") + in_quotes(key) + " (" + file.dtype_name(key) + ")";
    }
  }
  state_->report(unexpected, "");
  std::vector<std::string> remarks;
  for (const auto& [path, listed] : unused)
    remarks.push_back(path + ": tensors that the network has no use for are ignored: " + listed);
  return remarks;
}

std::vector<std::string> WeightMap::paths() const {
  std::vector<std::string> paths;
  for (const SafetensorsFile& file : state_->files) paths.push_back(file.path());
  return paths;
}

int64_t WeightMap::parameters() const {
  int64_t total = 0;
  for (const auto& [name, one] : state_->loaded) {
    int64_t count = 1;
    for (const int64_t size : one.shape) count *= size;
    total += count;
  }
  return total;
}

std::string WeightMap::fingerprint() const {
  const std::vector<std::pair<std::string, State::Loaded>> all(state_->loaded.begin(),
                                                               state_->loaded.end());
  std::vector<std::string> lines(all.size());
  // Whoever is free takes the next: tensors differ in size by a thousand times, and a thread may
  // find its processor busy.
  std::atomic<size_t> next = 0;
  at::parallel_for(0, at::get_num_threads(), 1, [&](int64_t, int64_t) {
    for (size_t i = next++; i < all.size(); i = next++) {
      const auto& [name, one] = all[i];
      const SafetensorsFile& file = state_->files[state_->file_of.at(one.key)];
      const at::Tensor weight = file.tensor(one.key);
      lines[i] = name + " " + shape_text(one.shape) + " " + file.dtype_name(one.key) + " " +
                 Sha256::of(weight.data_ptr(), weight.nbytes()) + "\n";
    }
  });
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

}  // namespace hspace
