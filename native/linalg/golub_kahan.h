#pragma once

#include "hspace/svd.h"

namespace hspace {

// Golub-Kahan-Lanczos bidiagonalisation with full reorthogonalisation and thick restart (Golub and
// Kahan 1965; Baglama and Reichel 2005), every problem of the map in lockstep: one sweep is one
// batched A v and one batched Aᵀ u over the problems that have not converged.
//
// After j steps A V = U B and Aᵀ U = V Bᵀ + β v_next e_jᵀ, with orthonormal V and U and a small B.
// With B = P Σ Qᵀ the triplets are (U p_i, σ_i, V q_i), and the residual ‖Aᵀu_i - σ_i v_i‖ =
// β |P_ji| comes for free.
std::vector<Svd> golub_kahan(const LinearMap& map, const SvdOptions& options,
                             SvdProgress& progress);

// Vectors kept before a restart: as the options say, or few restarts for small k in bounded memory.
int64_t golub_kahan_basis(const SvdOptions& options);

}  // namespace hspace
