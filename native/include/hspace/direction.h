#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hspace/bottleneck.h"
#include "hspace/export.h"
#include "hspace/noise_schedule.h"

namespace hspace HSPACE_API {

// One direction of h-space: Δh at a set of timesteps. An edit of strength γ adds γ Δh_t at each
// step. Never changed; copies share the tensor.
class Direction {
 public:
  // delta (T, c, h, w), float32 or float64, on the CPU; timesteps (T): training timesteps,
  // descending; h_space: where it was found and is to be added. Error when they do not fit one
  // another, or a number is not finite.
  Direction(std::string name, at::Tensor delta, std::vector<int64_t> timesteps,
            InjectionPoint h_space);

  // What captions and messages call it.
  const std::string& name() const;
  // Δh (T, c, h, w) at timesteps().
  const at::Tensor& delta() const;
  const std::vector<int64_t>& timesteps() const;  // (T)
  InjectionPoint h_space() const;

  // sha256 of the values of Δh, in hexadecimal: the same for the same Δh under any name. Each
  // number as the eight bytes of its IEEE double, the highest first.
  std::string hash() const;

  // Δh on another lattice: linear in t between this direction's timesteps, constant beyond the
  // first and the last. lattice (T') training timesteps → (T', c, h, w)
  at::Tensor on_lattice(const std::vector<int64_t>& lattice) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

// Error where a name could not stand in a file or a message: empty, of several lines, no UTF-8.
void check_direction_name(const std::string& name);

// Arithmetic of directions, on the timesteps of the first. Every result is a new direction; Error
// when they are of different points of h-space or of different shapes.

// a + b, called "a+b".
Direction add(const Direction& a, const Direction& b);
// a - b, called "a-b".
Direction subtract(const Direction& a, const Direction& b);
// Σ_k factors[k] · directions[k]; at least one.
Direction combine(const std::vector<Direction>& directions, const std::vector<double>& factors,
                  const std::string& name);
// factor · a; Error when the type of a does not hold the result.
Direction scale(const Direction& a, double factor);
// ‖Δh‖ over all timesteps together.
double norm(const Direction& a);
// a at norm 1; Error when it is zero.
Direction normalize(const Direction& a);
// a inside a window of its timesteps, zero outside.
Direction window(const Direction& a, const Window& window);
// The same Δh under another name.
Direction rename(const Direction& a, const std::string& name);
// Cosine of the angle between both over all timesteps.
double cosine(const Direction& a, const Direction& b);

}  // namespace hspace
