#pragma once

#include "hspace/svd.h"

namespace hspace {

// Block power iteration on AᵀA (Haas et al., Algorithm 1) with a Rayleigh-Ritz step and a stop rule
// that looks at the residual ‖Aᵀu - sv‖ itself, every problem of the map in lockstep.
std::vector<Svd> block_power(const LinearMap& map, const SvdOptions& options,
                             SvdProgress& progress);

// Vectors of a block: as the options say, or k.
int64_t block_power_block(const SvdOptions& options);

}  // namespace hspace
