#include "pipeline/direction_file.h"

#include <ATen/ops/tensor.h>

#include "files/json_text.h"
#include "files/text.h"
#include "hspace/error.h"
#include "hspace/safetensors.h"
#include "pipeline/finite.h"

namespace hspace {
namespace {

// The directions in the file's type, which must hold their numbers.
at::Tensor narrowed(const DirectionSet& set, at::ScalarType type) {
  if (type != at::kHalf && type != at::kFloat && type != at::kDouble) {
    throw Error(std::string("type: expected float16, float32 or float64, found ") +
                c10::toString(type));
  }
  const at::Tensor narrow = set.directions().to(type);
  if (all_finite(narrow)) return narrow;
  throw Error("directions: some numbers are beyond " + three_digits(largest_number(type)) +
              ", the largest of the type in which they are to be stored (" +
              (type == at::kHalf ? "float16" : "float32") + ")");
}

}  // namespace

DirectionSet read_directions(const FormatFile& file, const Provenance& provenance,
                             const std::array<int64_t, 3>& activation) {
  const std::vector<std::string> names = file.names("names");
  const std::vector<int64_t> timesteps = file.timesteps("timesteps");
  const auto count = static_cast<int64_t>(names.size());
  const auto steps = static_cast<int64_t>(timesteps.size());
  const at::Tensor directions =
      file.finite("directions", {count, steps, activation[0], activation[1], activation[2]});
  std::map<std::string, at::Tensor> figures;
  for (const std::string& name : file.tensors()) {
    if (name != "directions" && name != "timesteps") figures[name] = file.tensor(name);
  }
  return DirectionSet(names, directions, timesteps, provenance, figures);
}

void DirectionSet::save(const std::string& path, std::optional<at::ScalarType> type) const {
  std::map<std::string, at::Tensor> tensors = figures();
  tensors["directions"] = narrowed(*this, type.value_or(directions().scalar_type()));
  tensors["timesteps"] = at::tensor(timesteps());
  SafetensorsWriter writer(path);
  writer.metadata("format", kDirectionFormat);
  writer.metadata("version", "1");
  writer.metadata("names", json_list(names(), in_quotes));
  writer.metadata("provenance", provenance().json());
  for (const auto& [name, t] : tensors) writer.declare(name, t.scalar_type(), t.sizes().vec());
  for (const auto& [name, t] : tensors) writer.write(name, t);
  writer.finish();
}

}  // namespace hspace
