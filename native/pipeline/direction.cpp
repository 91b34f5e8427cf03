#include "hspace/direction.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "files/sha256.h"
#include "files/text.h"
#include "hspace/error.h"
#include "pipeline/finite.h"

namespace hspace {

struct Direction::State {
  std::string name;
  at::Tensor delta;                // (T, c, h, w)
  std::vector<int64_t> timesteps;  // (T)
  InjectionPoint h_space;
};

namespace {

void check_timesteps(const std::string& name, const std::vector<int64_t>& timesteps) {
  const auto rising = std::adjacent_find(timesteps.begin(), timesteps.end(),
                                         [](int64_t a, int64_t b) { return b >= a; });
  if (rising == timesteps.end() && (timesteps.empty() || timesteps.back() >= 0)) return;
  if (rising == timesteps.end()) {
    throw Error("direction " + one_line(name) + ": timesteps: expected numbers from 0, found " +
                std::to_string(timesteps.back()));
  }
  throw Error("direction " + one_line(name) + ": timesteps: expected descending numbers, found " +
              std::to_string(rising[1]) + " after " + std::to_string(rising[0]));
}

}  // namespace

void check_direction_name(const std::string& name) {
  // As JSON a name of ill-formed UTF-8 is written with replacements.
  const bool fits = !name.empty() && one_line(name) == name &&
                    nlohmann::json::parse(in_quotes(name)).get<std::string>() == name;
  if (fits) return;
  throw Error("name of a direction: expected UTF-8 text of one line, found " + in_quotes(name));
}

Direction::Direction(std::string name, at::Tensor delta, std::vector<int64_t> timesteps,
                     InjectionPoint h_space) {
  const int64_t steps = static_cast<int64_t>(timesteps.size());
  const bool fits = delta.defined() && delta.dim() == 4 && delta.size(0) == steps && steps > 0 &&
                    (delta.scalar_type() == at::kFloat || delta.scalar_type() == at::kDouble);
  if (!fits) {
    throw Error("direction " + one_line(name) + ": delta: expected (" + std::to_string(steps) +
                ", c, h, w) of float32 or float64 with a row a timestep, found " +
                (delta.defined()
                     ? shape_text(delta.sizes().vec()) + " of " + c10::toString(delta.scalar_type())
                     : "nothing"));
  }
  check_direction_name(name);
  check_timesteps(name, timesteps);
  require_finite(delta, "direction " + one_line(name));
  state_ = std::make_shared<const State>(
      State{std::move(name), std::move(delta), std::move(timesteps), h_space});
}

const std::string& Direction::name() const { return state_->name; }
const at::Tensor& Direction::delta() const { return state_->delta; }
const std::vector<int64_t>& Direction::timesteps() const { return state_->timesteps; }
InjectionPoint Direction::h_space() const { return state_->h_space; }

std::string Direction::hash() const {
  const at::Tensor numbers = delta().to(at::kDouble).contiguous();
  std::vector<uint64_t> bytes(static_cast<size_t>(numbers.numel()));
  std::memcpy(bytes.data(), numbers.const_data_ptr<double>(), bytes.size() * sizeof(uint64_t));
  for (uint64_t& number : bytes) number = __builtin_bswap64(number);
  return Sha256::of(bytes.data(), bytes.size() * sizeof(uint64_t));
}

at::Tensor Direction::on_lattice(const std::vector<int64_t>& lattice) const {
  const std::vector<int64_t>& own = state_->timesteps;
  std::vector<at::Tensor> rows;  // (c, h, w) each
  for (const int64_t t : lattice) {
    // The first timestep that is at most t.
    const auto below = std::find_if(own.begin(), own.end(), [t](int64_t at) { return at <= t; });
    const int64_t i = below - own.begin();
    if (below == own.begin() || below == own.end()) {
      rows.push_back(delta()[std::min(i, delta().size(0) - 1)]);
    } else if (*below == t) {
      rows.push_back(delta()[i]);
    } else {
      const double high = static_cast<double>(below[-1]), low = static_cast<double>(below[0]);
      const double weight = (static_cast<double>(t) - low) / (high - low);
      rows.push_back(delta()[i].mul(1 - weight).add(delta()[i - 1], weight));
    }
  }
  return at::stack(rows);
}

}  // namespace hspace
