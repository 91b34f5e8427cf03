#include "linalg/vectors.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include <array>
#include <random>

namespace hspace {

int64_t size_of(const std::vector<int64_t>& shape) {
  int64_t size = 1;
  for (const int64_t extent : shape) size *= extent;
  return size;
}

double rounding(const at::TensorOptions& options) {
  return at::typeMetaToScalarType(options.dtype()) == at::kDouble ? 0x1p-52 : 0x1p-23;
}

std::vector<double> norms(const at::Tensor& w) {
  const at::Tensor norms =
      at::linalg_vector_norm(w, 2, at::IntArrayRef{1}, false, at::kDouble).cpu();  // (n)
  return {norms.const_data_ptr<double>(), norms.const_data_ptr<double>() + norms.numel()};
}

at::Tensor orthogonalize(at::Tensor w, const at::Tensor& basis) {
  at::Tensor column = w.unsqueeze(2);                   // (n, d, 1), a view
  const at::Tensor transposed = basis.transpose(1, 2);  // (n, d, j)
  at::Tensor total;
  for (int pass = 0; pass < 2; ++pass) {
    const at::Tensor coefficients = at::bmm(basis, column);  // (n, j, 1)
    column.baddbmm_(transposed, coefficients, 1, -1);
    const at::Tensor wide = coefficients.squeeze(2).to(at::kCPU, at::kDouble);
    total = pass == 0 ? wide : total + wide;
  }
  return total;
}

at::Tensor random_vector(const Draw& draw, int64_t d, const at::TensorOptions& options) {
  std::array<uint32_t, 6> words;
  size_t word = 0;
  for (const int64_t part : {draw.seed, draw.identity, draw.number}) {
    const auto bits = static_cast<uint64_t>(part);
    words[word++] = static_cast<uint32_t>(bits);
    words[word++] = static_cast<uint32_t>(bits >> 32);
  }
  std::seed_seq seeds(words.begin(), words.end());
  std::mt19937_64 engine(seeds);
  const at::Tensor drawn = at::empty({1, d}, at::kDouble);
  double* values = drawn.mutable_data_ptr<double>();
  for (int64_t i = 0; i < d; ++i) values[i] = static_cast<double>(engine() >> 11) * 0x1p-52 - 1;
  return drawn.to(options);
}

at::Tensor orthonormal(const at::Tensor& t) {
  const auto [q, r] = at::linalg_qr(t.to(at::kDouble).transpose(0, 1));  // (d, k), (k, k)
  return (q * r.diagonal().sign()).transpose(0, 1).contiguous();         // QR may flip a column
}

double orthogonality(const at::Tensor& t) {
  const at::Tensor rows = t.to(at::kDouble);                  // (k, d)
  const at::Tensor gram = rows.matmul(rows.transpose(0, 1));  // (k, k)
  return (gram - at::eye(t.size(0), gram.options())).abs().max().item<double>();
}

void fix_signs(at::Tensor u, at::Tensor v) {
  const at::Tensor largest = v.gather(1, v.abs().argmax(1, /*keepdim=*/true));  // (k, 1)
  const at::Tensor one = at::ones_like(largest);
  const at::Tensor sign = at::where(largest < 0, -one, one);
  v.mul_(sign);
  u.mul_(sign);
}

}  // namespace hspace
