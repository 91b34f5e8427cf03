#pragma once

#include "hspace/svd.h"

namespace hspace {

// The vectors that change entries of the result inside a mask most and the others least, of every
// problem: max ‖M A v‖² / (‖(1-M) A v‖² + λ s₁² ‖v‖²), with s₁ the largest singular value of A, so
// that λ means the same for every map. The ratio ρ grows with θ = ρ / (1 + ρ), whose pencil is
// definite: Aᵀ M A v = θ C v with C = AᵀA + λ s₁² I.
//
// Rayleigh-Ritz over a basis that begins with leading singular vectors of A (Golub-Kahan), where C
// is far from a multiple of I, and grows by the residuals of the wanted vectors (a block Davidson
// method, restarted; Morgan and Scott 1986), every problem in lockstep. No system is solved: a
// sweep is one batched A v and one batched Aᵀ u.
//
// inside: ones inside the mask, zeros outside (dOut...), in the shape of the map's codomain.
// Of each Svd v holds the k vectors of norm one in the order of falling ρ, u the unit vectors
// along A v, s ‖A v‖; orthogonality is that of the vectors by C, max |v_i C v_j| of vectors scaled
// to v_i C v_i = 1. The residual is ‖Aᵀ M A v - θ C v‖ / (2 ‖M A v‖²), at least
// ‖Aᵀ M A v - θ C v‖ / (‖Aᵀ M A v‖ + θ ‖C v‖).
std::vector<Svd> pencil_vectors(const LinearMap& map, const at::Tensor& inside, double lambda,
                                const SvdOptions& options, SvdProgress& progress);

// Bytes that it keeps for each problem.
int64_t pencil_bytes(const LinearMap& map, const SvdOptions& options);

}  // namespace hspace
