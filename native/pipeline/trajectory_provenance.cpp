#include "pipeline/trajectory_provenance.h"

namespace hspace {

Provenance trajectory_provenance(const Model& model, const std::vector<double>& eta,
                                 InjectionPoint h_space, const char* method,
                                 const Conditioning& conditioning) {
  Provenance made;
  made.model_hash = model.hash();
  made.scheduler_hash = model.scheduler().hash();
  made.eta = eta;
  made.h_space = h_space;
  made.method = method;
  made.tool_version = HSPACE_VERSION;
  made.conditioning = conditioning;
  if (conditioning.prompt) made.text_hash = model.text_hash();
  return made;
}

}  // namespace hspace
