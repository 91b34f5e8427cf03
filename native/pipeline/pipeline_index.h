#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hspace {

// What a diffusers pipeline is made of beside U-Net and noise schedule: the names of its folders.
struct PipelineIndex {
  std::string pipeline_class;              // empty without model_index.json
  std::optional<std::string> autoencoder;  // vae or vqvae
  std::vector<std::string> text_encoders;  // in the pipeline's order
  std::vector<std::string> tokenizers;     // one for each of them
  bool zeros_for_empty_prompt = false;     // of a pipeline with two text encoders
  std::vector<std::string> warnings;       // parts that are there and not used, a sentence each

  // Reads a model_index.json. FileError where the pipeline has no U-Net, and so no h-space, where
  // it would need what this library does not have, or where its parts do not go together.
  static PipelineIndex read(const std::filesystem::path& file);

  // By the folders that are there, for a directory without model_index.json.
  static PipelineIndex of_folders(const std::filesystem::path& root);

  // FileError naming the first part whose files are not there.
  void check_files(const std::filesystem::path& root) const;
};

}  // namespace hspace
