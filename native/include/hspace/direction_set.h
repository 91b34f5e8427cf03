#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hspace/direction.h"
#include "hspace/export.h"
#include "hspace/model.h"
#include "hspace/provenance.h"

namespace hspace HSPACE_API {

// K named directions on one lattice, with the figures of the method that found them: what a
// direction file holds. Never changed; copies share the tensors.
//
// A file is safetensors: directions (K, T, c, h, w) in float16, 32 or 64, timesteps (T) and the
// figures; metadata: format = hspace-directions, version = 1, names (a JSON list of K) and
// provenance (JSON).
class DirectionSet {
 public:
  // names: K different ones; directions Δh (K, T, c, h, w), on the CPU; timesteps (T): training
  // timesteps, descending; figures: further tensors of the method by name, for instance
  // explained_variance. Error when they do not fit one another, or a number of a direction is not
  // finite.
  DirectionSet(std::vector<std::string> names, at::Tensor directions,
               std::vector<int64_t> timesteps, Provenance provenance,
               std::map<std::string, at::Tensor> figures = {});

  // A set of one.
  static DirectionSet of(const Direction& direction, const Provenance& provenance);

  // The directions of several sets in one, on the timesteps of the first. names: what they are
  // called then, all of the first set, all of the second ... Error when two are called the same, or
  // the sets are of different points of h-space. Suggested strengths are kept, other figures not.
  static DirectionSet merge(const std::vector<DirectionSet>& sets,
                            const std::vector<std::string>& names);

  // Reads a file. Error when it is no direction file, or was made with another model.
  static DirectionSet open(const std::string& path, const Model& model);

  // Writes a file, under a temporary name until it is complete. type: float16, float32 or float64
  // of the directions in the file; their own when absent. Error when it does not hold their
  // numbers.
  void save(const std::string& path, std::optional<at::ScalarType> type = {}) const;

  int64_t size() const;  // K
  const std::vector<std::string>& names() const;
  const at::Tensor& directions() const;           // (K, T, c, h, w)
  const std::vector<int64_t>& timesteps() const;  // (T)
  const Provenance& provenance() const;
  const std::map<std::string, at::Tensor>& figures() const;
  // The figures' names, sorted.
  std::vector<std::string> figure_names() const;

  // The strength at which direction k shows what it does, where the figure suggested_strength (K)
  // says one: a finite number other than 0. Error when the figure is of another shape or type.
  std::optional<double> suggested_strength(int64_t k) const;

  // The first `count` directions with the same provenance and suggested strengths, without the
  // other figures.
  DirectionSet first(int64_t count) const;

  // Direction number k; Error when there are not as many.
  Direction get(int64_t k) const;
  // The direction of that name; Error naming those that there are.
  Direction get(const std::string& name) const;
  bool contains(const std::string& name) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

// A direction as the user names it: FILE:WHICH[=STRENGTH] or NAME[=STRENGTH]. WHICH is a number
// counted from 0 or a name in the file. A bare NAME is looked up in the files of the model's
// directions/ folder; a bare FILE.safetensors that holds a single direction needs no WHICH.
struct DirectionSpec {
  std::string text;                 // the whole as given, for messages
  std::optional<std::string> file;  // absent for a bare name
  std::string which;                // number or name; empty for the only direction of a file
  std::optional<double> strength;   // γ, when given

  // Error when the strength is no number or nothing is named.
  static DirectionSpec parse(const std::string& text);

  // For uses that know no strength: Error when one was given.
  void refuse_strength() const;

  // Loads the direction. Error when file or direction do not exist, or it was made with another
  // model.
  Direction resolve(const Model& model) const;
  // Where the direction comes from.
  Provenance provenance(const Model& model) const;
  // The strength that its file suggests.
  std::optional<double> suggested_strength(const Model& model) const;
};

// The direction of a name in the model's directions/ folder, or of FILE:WHICH. Error naming those
// that there are.
Direction find_direction(const Model& model, const std::string& name);

// The names in the files of the model's directions/ folder, sorted.
std::vector<std::string> direction_names(const Model& model);

}  // namespace hspace
