#include "linalg/block_power.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <numeric>

#include "hspace/progress.h"
#include "linalg/products.h"
#include "linalg/vectors.h"

namespace hspace {

namespace {

// Each number `times` times.
std::vector<int64_t> repeated(const std::vector<int64_t>& numbers, int64_t times) {
  std::vector<int64_t> result;
  for (const int64_t number : numbers) result.insert(result.end(), times, number);
  return result;
}

// A random start of every problem (P, block, d), orthonormal rows.
at::Tensor starts(const LinearMap& map, const Products& products, const SvdOptions& options,
                  int64_t block) {
  std::vector<at::Tensor> starts;
  for (int64_t problem = 0; problem < map.problems(); ++problem) {
    const at::Tensor drawn = random_vector({options.seed, map.identity(problem), 0},
                                           block * products.domain(), products.options());
    starts.push_back(orthonormal(drawn.reshape({block, -1})).to(products.options()));
  }
  return at::stack(starts);
}

}  // namespace

int64_t block_power_block(const SvdOptions& options) {
  return options.basis > 0 ? options.basis : options.vectors;
}

std::vector<Svd> block_power(const LinearMap& map, const SvdOptions& options,
                             SvdProgress& progress) {
  const Products products(map);
  const int64_t block = block_power_block(options);
  const int64_t k = options.vectors;
  std::vector<Svd> results(map.problems());
  std::vector<int64_t> active(map.problems());
  std::iota(active.begin(), active.end(), 0);
  if (active.empty()) return results;
  at::Tensor v = starts(map, products, options, block);  // (A, block, d)
  int64_t pairs = 0;
  for (int64_t spent = block; !active.empty(); spent += block) {
    const auto n = static_cast<int64_t>(active.size());
    pairs += n * block;
    const std::vector<int64_t> problem = repeated(active, block);
    const at::Tensor y =
        products.apply(v.reshape({n * block, -1}), problem).rows;  // (A·block, dOut)
    // Singular vectors of the image: p (A, block, block), sigma (A, block), left (A, block, dOut)
    const auto [p, sigma, left] =
        at::linalg_svd(y.reshape({n, block, -1}).to(at::kDouble), /*full_matrices=*/false);
    const at::Tensor ritz = at::bmm(p.transpose(1, 2), v.to(at::kDouble));  // (A, block, d)
    const at::Tensor u = left.to(products.options()).reshape({n * block, -1});
    const at::Tensor w = products.apply_transpose(u, problem)
                             .rows.reshape({n, block, -1})
                             .to(at::kDouble);  // (A, block, d)
    const std::vector<double> absolute =
        norms((w - ritz * sigma.unsqueeze(2)).reshape({n * block, -1}));  // Aᵀu - sv
    const at::Tensor s = sigma.cpu().contiguous();
    std::vector<int64_t> staying, where;
    double worst = 0;
    for (int64_t a = 0; a < n; ++a) {
      const double* values = s[a].const_data_ptr<double>();
      std::vector<double> residuals(k);
      for (int64_t i = 0; i < k; ++i) {
        const double difference = absolute[a * block + i];
        residuals[i] = difference == 0 ? 0 : difference / values[i];  // infinite where s = 0
      }
      const double largest = *std::max_element(residuals.begin(), residuals.end());
      if (largest <= options.tolerance || spent + block > options.max_products) {
        Svd& svd = results[active[a]];
        svd.u = left[a].narrow(0, 0, k).to(products.options());
        svd.v = ritz[a].narrow(0, 0, k).to(products.options());
        svd.s = {values, values + k};
        svd.residuals = std::move(residuals);
        svd.products = spent;
      } else {
        staying.push_back(active[a]);
        where.push_back(a);
        worst = std::max(worst, largest);
      }
    }
    active = std::move(staying);
    if (!active.empty()) {
      const at::Tensor going = w.index_select(0, at::tensor(where).to(w.device()));
      v = std::get<0>(at::linalg_qr(going.transpose(1, 2)))
              .transpose(1, 2)
              .to(products.options())
              .contiguous();
    }
    if (!progress.sweep(static_cast<int64_t>(active.size()), pairs, worst)) throw Cancelled();
  }
  return results;
}

}  // namespace hspace
