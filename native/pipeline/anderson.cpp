#include "pipeline/anderson.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_solve_ex.h>
#include <ATen/ops/stack.h>

#include <limits>
#include <vector>

namespace hspace {
namespace {

constexpr size_t kDepth = 5;

// Keeps the small least-squares problem solvable when changes become parallel; relative to its
// trace.
constexpr double kRegularisation = 1e-10;

}  // namespace

at::Tensor AndersonMixing::next(const at::Tensor& x, const at::Tensor& image) {
  const at::Tensor g = image.to(at::kDouble).flatten(1);          // (B, D)
  const at::Tensor change = g.sub(x.to(at::kDouble).flatten(1));  // (B, D)
  if (last_image_.defined()) {
    differences_.push_back({g.sub(last_image_), change.sub(last_change_)});
    if (differences_.size() > kDepth) differences_.pop_front();
  }
  last_image_ = g;
  last_change_ = change;
  if (differences_.empty()) return image;
  return g.sub(correction(change)).view_as(image).to(image.scalar_type());
}

// Σ γ_j Δg_j with the γ that make ‖change - Σ γ_j Δchange_j‖ smallest (B, D).
at::Tensor AndersonMixing::correction(const at::Tensor& change) const {
  std::vector<at::Tensor> of_images, of_changes;
  for (const Difference& one : differences_) {
    of_images.push_back(one.image);
    of_changes.push_back(one.change);
  }
  const at::Tensor changes = at::stack(of_changes).transpose(0, 1);  // (B, m, D)
  const at::Tensor images = at::stack(of_images).transpose(0, 1);    // (B, m, D)
  const at::Tensor gram = changes.matmul(changes.transpose(1, 2));   // (B, m, m)
  const at::Tensor ridge = gram.diagonal(0, 1, 2)
                               .sum(-1)
                               .mul(kRegularisation)
                               .clamp_min(std::numeric_limits<double>::min())
                               .view({-1, 1, 1});  // (B, 1, 1)
  const at::Tensor regular = gram.add(at::eye(gram.size(1), gram.options()).mul(ridge));
  // Unchecked: a row that has run away makes its own system unsolvable, and none else.
  const at::Tensor weights = std::get<0>(at::linalg_solve_ex(
      regular, changes.matmul(change.unsqueeze(2)), /*left=*/true, /*check_errors=*/false));
  return images.mul(weights).sum(1);  // weights (B, m, 1)
}

}  // namespace hspace
