#include "pipeline/pipeline_index.h"

#include <algorithm>
#include <map>

#include "files/json_object.h"
#include "files/text.h"
#include "hspace/error.h"

namespace hspace {

namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

// Components by name, with the classes that this library has for them.
const std::map<std::string, Names> kKnown = {
    {"scheduler", {}},  // of any class: SchedulerConfig says which
    {"text_encoder", {"CLIPTextModel", "CLIPTextModelWithProjection"}},
    {"text_encoder_2", {"CLIPTextModelWithProjection"}},
    {"tokenizer", {"CLIPTokenizer", "CLIPTokenizerFast"}},
    {"tokenizer_2", {"CLIPTokenizer", "CLIPTokenizerFast"}},
    {"unet", {"UNet2DModel", "UNet2DConditionModel"}},
    {"vae", {"AutoencoderKL", "VQModel"}},
    {"vqvae", {"VQModel", "AutoencoderKL"}}};

// What judges pictures, marks them, or makes conditions of pictures: results are the same without.
const Names kUnused = {"feature_extractor", "image_encoder", "safety_checker", "watermark"};

bool among(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The components of a pipeline, name → class, without those that are null.
std::map<std::string, std::string> components(const JsonObject& index) {
  std::map<std::string, std::string> found;
  for (const auto& [name, value] : index.all().items()) {
    // "unet": ["diffusers", "UNet2DModel"]; other values are settings of the pipeline.
    if (name.empty() || name[0] == '_' || !value.is_array()) continue;
    const bool pair = value.size() == 2 && (value[1].is_null() || value[1].is_string());
    if (!pair) index.refuse(name, "a library and a class", &value);
    if (value[1].is_string()) found[name] = value[1].get<std::string>();
  }
  return found;
}

std::string described(const std::string& name, const std::string& type) {
  return one_line(name) + " (" + one_line(type) + ")";
}

class IndexReader {
 public:
  explicit IndexReader(const fs::path& file)
      : index_(file.string()),
        pipeline_(index_.text("_class_name", "pipeline")),
        parts_(components(index_)) {}

  PipelineIndex read() const {
    refuse_transformers();
    refuse_unknown();
    if (!has("unet")) expect("unet", "found none");
    if (index_.boolean("requires_aesthetics_score", false)) {
      index_.fail(
          "requires_aesthetics_score: expected false, found true: a refiner, which changes "
          "finished "
          "latents and is told a score beside their size");
    }
    PipelineIndex found;
    found.pipeline_class = pipeline_;
    for (const char* name : {"vae", "vqvae"}) {
      if (has(name)) found.autoencoder = name;
    }
    if (has("vae") && has("vqvae")) index_.fail("expected a vae or a vqvae, found both");
    read_texts(found);
    for (const auto& [name, type] : parts_) {
      if (among(kUnused, name)) found.warnings.push_back(described(name, type) + " is not used");
    }
    return found;
  }

 private:
  bool has(const std::string& name) const { return parts_.count(name) > 0; }

  [[noreturn]] void expect(const std::string& name, const std::string& instead) const {
    index_.fail(name + ": expected a component of class " + or_list(kKnown.at(name)) + ", " +
                instead);
  }

  static std::string or_list(const Names& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : " or ") + name;
    return text;
  }

  // Flux, Stable Diffusion 3, PixArt, DiT ...
  void refuse_transformers() const {
    const auto found = parts_.find("transformer");
    if (found == parts_.end() || has("unet")) return;
    index_.fail("a " + pipeline_ + " denoises with a transformer (" + one_line(found->second) +
                "), which has no bottleneck: h-space is the innermost activation of a U-Net");
  }

  void refuse_unknown() const {
    std::string others;
    for (const auto& [name, type] : parts_) {
      const auto known = kKnown.find(name);
      if (known == kKnown.end()) {
        if (!among(kUnused, name)) others += (others.empty() ? "" : ", ") + described(name, type);
      } else if (!known->second.empty() && !among(known->second, type)) {
        expect(name, "found " + one_line(type));
      }
    }
    if (others.empty()) return;
    index_.fail(
        "a " + pipeline_ + " would need " + others +
        ", which hspace does not have: it runs pipelines of a U-Net and a scheduler, with an "
        "autoencoder (vae or vqvae) and CLIP's text encoders where they have them");
  }

  void read_texts(PipelineIndex& found) const {
    const bool reads = parts_.at("unet") == "UNet2DConditionModel";
    for (const char* number : {"", "_2"}) {
      const std::string encoder = std::string("text_encoder") + number;
      const std::string tokenizer = std::string("tokenizer") + number;
      if (!reads && has(encoder)) {
        index_.fail(encoder + ": expected none beside a UNet2DModel, which reads no texts, found " +
                    parts_.at(encoder));
      }
      if (has(encoder) && !has(tokenizer)) expect(tokenizer, "found none");
      if (!has(encoder)) continue;
      found.text_encoders.push_back(encoder);
      found.tokenizers.push_back(tokenizer);
    }
    if (reads && !has("text_encoder")) expect("text_encoder", "found none");
    if (reads && !found.autoencoder) expect("vae", "found none");
    // StableDiffusionXLPipeline's own default.
    found.zeros_for_empty_prompt =
        index_.boolean("force_zeros_for_empty_prompt", true) && found.text_encoders.size() == 2;
  }

  JsonObject index_;
  std::string pipeline_;
  std::map<std::string, std::string> parts_;
};

bool has_file(const fs::path& directory, const char* name) {
  return fs::is_regular_file(directory / name);
}

bool has_vocabulary(const fs::path& directory) {
  return has_file(directory, "tokenizer.json") ||
         (has_file(directory, "vocab.json") && has_file(directory, "merges.txt"));
}

}  // namespace

PipelineIndex PipelineIndex::read(const fs::path& file) { return IndexReader(file).read(); }

PipelineIndex PipelineIndex::of_folders(const fs::path& root) {
  PipelineIndex found;
  for (const char* name : {"vae", "vqvae"}) {
    if (!has_file(root / name, "config.json")) continue;
    if (found.autoencoder) throw FileError(root.string() + ": expected vae/ or vqvae/, found both");
    found.autoencoder = name;
  }
  for (const char* number : {"", "_2"}) {
    const std::string encoder = std::string("text_encoder") + number;
    if (!has_file(root / encoder, "config.json")) continue;
    found.text_encoders.push_back(encoder);
    found.tokenizers.push_back(std::string("tokenizer") + number);
  }
  found.zeros_for_empty_prompt = found.text_encoders.size() == 2;
  return found;
}

void PipelineIndex::check_files(const fs::path& root) const {
  const auto missing = [&](const std::string& part, const std::string& files) {
    throw FileError((root / part).string() + ": expected the pipeline's " + part + " with " +
                    files + ", found none; the download is incomplete");
  };
  Names with_config = text_encoders;
  if (autoencoder) with_config.push_back(*autoencoder);
  for (const std::string& part : with_config) {
    if (!has_file(root / part, "config.json")) missing(part, "a config.json");
  }
  for (const std::string& part : tokenizers) {
    if (!has_vocabulary(root / part))
      missing(part, "a tokenizer.json, or vocab.json and merges.txt");
  }
}

}  // namespace hspace
