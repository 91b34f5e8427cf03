#pragma once

#include <vector>

#include "hspace/model.h"
#include "hspace/provenance.h"

namespace hspace {

// What the provenance of every trajectory made with a model says, whatever its rows are. eta (T);
// method: sample, ddim or ddpm.
Provenance trajectory_provenance(const Model& model, const std::vector<double>& eta,
                                 InjectionPoint h_space, const char* method,
                                 const Conditioning& conditioning = {});

}  // namespace hspace
