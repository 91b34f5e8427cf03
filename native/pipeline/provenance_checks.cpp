#include "hspace/error.h"
#include "hspace/provenance.h"

namespace hspace {

void Provenance::check_model(const Model& model, const std::string& where) const {
  if (model.has_hash(model_hash)) return;
  throw Error(where + ": made with the model of hash " + model_hash + ", but " + model.directory() +
                  " has hash " + model.hash(),
              ErrorKind::kMismatch);
}

void Provenance::check_scheduler(const Model& model, const std::string& where) const {
  const std::string found = model.scheduler().hash();
  if (scheduler_hash == found) return;
  throw Error(where + ": made with the noise schedule of hash " +
                  scheduler_hash.value_or("unknown") + ", but that of " + model.directory() +
                  " has hash " + found,
              ErrorKind::kMismatch);
}

void Provenance::check_text(const Model& model, const std::string& where) const {
  if (!conditioning.prompt) return;
  const std::optional<std::string> found = model.text_hash();
  if (text_hash == found) return;
  throw Error(where + ": made with text encoders of hash " + text_hash.value_or("unknown") +
                  ", but those of " + model.directory() + " have hash " + found.value_or("none"),
              ErrorKind::kMismatch);
}

}  // namespace hspace
