#include "hspace/direction_set.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "files/json_text.h"
#include "files/text.h"
#include "hspace/error.h"
#include "pipeline/finite.h"

namespace hspace {

struct DirectionSet::State {
  std::vector<std::string> names;
  at::Tensor directions;           // (K, T, c, h, w)
  std::vector<int64_t> timesteps;  // (T)
  Provenance provenance;
  std::map<std::string, at::Tensor> figures;
};

namespace {

void check_names(const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const std::string& name : names) {
    check_direction_name(name);
    if (!seen.insert(name).second) throw Error("directions: two are called " + one_line(name));
  }
}

constexpr char kSuggested[] = "suggested_strength";

// A figure (K) of the strengths that are known; none when none is.
std::map<std::string, at::Tensor> suggestions(const std::vector<std::optional<double>>& known) {
  std::vector<double> values;
  for (const auto& one : known) values.push_back(one.value_or(std::nan("")));
  if (std::all_of(values.begin(), values.end(), [](double v) { return std::isnan(v); })) return {};
  return {{kSuggested, at::tensor(values, at::kDouble)}};
}

// For what is JSON already.
std::string same(const std::string& json) { return json; }

}  // namespace

DirectionSet::DirectionSet(std::vector<std::string> names, at::Tensor directions,
                           std::vector<int64_t> timesteps, Provenance provenance,
                           std::map<std::string, at::Tensor> figures) {
  const auto count = static_cast<int64_t>(names.size());
  const auto steps = static_cast<int64_t>(timesteps.size());
  const bool fits = directions.defined() && directions.dim() == 5 && count > 0 &&
                    directions.size(0) == count && directions.size(1) == steps;
  if (!fits) {
    throw Error("directions: expected (" + std::to_string(count) + ", " + std::to_string(steps) +
                ", c, h, w), a row a name, found " +
                (directions.defined() ? shape_text(directions.sizes().vec()) : "nothing"));
  }
  check_names(names);
  if (!all_finite(directions)) {
    for (int64_t k = 0; k < count; ++k)
      require_finite(directions[k], "direction " + one_line(names[k]));
  }
  state_ = std::make_shared<const State>(State{std::move(names), std::move(directions),
                                               std::move(timesteps), std::move(provenance),
                                               std::move(figures)});
}

DirectionSet DirectionSet::of(const Direction& direction, const Provenance& provenance) {
  return DirectionSet({direction.name()}, direction.delta().unsqueeze(0), direction.timesteps(),
                      provenance);
}

DirectionSet DirectionSet::merge(const std::vector<DirectionSet>& sets,
                                 const std::vector<std::string>& names) {
  if (sets.empty()) throw Error("directions: expected at least one set, found none");
  const Provenance& first = sets[0].provenance();
  std::vector<at::Tensor> deltas;    // (T, c, h, w) each
  std::vector<std::string> details;  // JSON of each set
  std::vector<std::optional<double>> suggested;
  for (const DirectionSet& set : sets) {
    if (set.provenance().h_space != first.h_space) {
      throw Error(std::string("directions: expected all of h-space ") +
                      injection_point_name(first.h_space) + ", found " +
                      injection_point_name(set.provenance().h_space),
                  ErrorKind::kMismatch);
    }
    details.push_back(set.provenance().details.value_or("{}"));
    for (int64_t k = 0; k < set.size(); ++k) {
      deltas.push_back(set.get(k).on_lattice(sets[0].timesteps()));
      suggested.push_back(set.suggested_strength(k));
    }
  }
  if (names.size() != deltas.size()) {
    throw Error("directions: expected " + std::to_string(deltas.size()) + " names, found " +
                std::to_string(names.size()));
  }
  const std::string facts = "{\"parts\":" + json_list(details, same) + "}";
  return DirectionSet(names, at::stack(deltas), sets[0].timesteps(),
                      sets.size() == 1 ? first : first.of_directions("combined", facts),
                      suggestions(suggested));
}

int64_t DirectionSet::size() const { return static_cast<int64_t>(state_->names.size()); }
const std::vector<std::string>& DirectionSet::names() const { return state_->names; }
const at::Tensor& DirectionSet::directions() const { return state_->directions; }
const std::vector<int64_t>& DirectionSet::timesteps() const { return state_->timesteps; }
const Provenance& DirectionSet::provenance() const { return state_->provenance; }
const std::map<std::string, at::Tensor>& DirectionSet::figures() const { return state_->figures; }

std::vector<std::string> DirectionSet::figure_names() const {
  std::vector<std::string> names;
  for (const auto& [name, figure] : figures()) names.push_back(name);
  return names;
}

bool DirectionSet::contains(const std::string& name) const {
  return std::find(names().begin(), names().end(), name) != names().end();
}

DirectionSet DirectionSet::first(int64_t count) const {
  if (count < 1 || count > size()) {
    throw Error("directions: expected a number from 1 to " + std::to_string(size()) + ", found " +
                std::to_string(count));
  }
  std::vector<std::optional<double>> suggested;
  for (int64_t k = 0; k < count; ++k) suggested.push_back(suggested_strength(k));
  return DirectionSet({names().begin(), names().begin() + count},
                      directions().narrow(0, 0, count).clone(), timesteps(), provenance(),
                      suggestions(suggested));
}

std::optional<double> DirectionSet::suggested_strength(int64_t k) const {
  const auto figure = figures().find(kSuggested);
  if (figure == figures().end()) return {};
  const at::Tensor& values = figure->second;
  if (values.dim() != 1 || values.size(0) != size() || !values.is_floating_point()) {
    throw Error(std::string(kSuggested) + ": expected (" + std::to_string(size()) +
                ") floating-point numbers, found " + shape_text(values.sizes().vec()) + " of " +
                c10::toString(values.scalar_type()));
  }
  const double value = values[k].item<double>();
  if (!std::isfinite(value) || value == 0) return {};
  return value;
}

Direction DirectionSet::get(int64_t k) const {
  if (k < 0 || k >= size()) {
    throw Error("direction: expected a number from 0 to " + std::to_string(size() - 1) +
                ", found " + std::to_string(k));
  }
  const at::ScalarType type = directions().scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  return Direction(names()[k], directions()[k].to(type), timesteps(), provenance().h_space);
}

Direction DirectionSet::get(const std::string& name) const {
  const auto found = std::find(names().begin(), names().end(), name);
  if (found == names().end()) {
    throw Error("direction: expected one of " + joined(names()) + ", found '" + one_line(name) +
                "'");
  }
  return get(static_cast<int64_t>(found - names().begin()));
}

}  // namespace hspace
