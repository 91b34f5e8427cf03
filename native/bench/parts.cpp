// The parts of a latent pipeline, each on its own given input: what comes out, how long it took,
// and the memory of all together. For tools/latent/compare.
//
//   bench_parts MODEL_DIRECTORY INPUT.safetensors OUTPUT.safetensors [--threads N] [--turns K]
//
// Input: x, t, latents; tokens_0, tokens_1, text, pooled_text, time_ids where the pipeline has
// them. Output: text_0, text_1, h, epsilon, pictures, encoded. Prints one JSON object.

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <string>

#include "bench/harness.h"
#include "hspace/autoencoder.h"
#include "hspace/model_directory.h"
#include "hspace/runtime.h"
#include "hspace/safetensors.h"
#include "hspace/text_encoder.h"
#include "hspace/unet.h"

namespace {

struct Options : bench::Options {
  int turns = 3;
};

class Parts {
 public:
  Parts(const Options& options, const std::string& input) : options_(options), input_(input) {}

  void run(const std::string& directory) {
    const auto parts = hspace::ModelDirectory::find(directory);
    for (size_t i = 0; i < parts.text_encoders.size(); ++i) {
      const hspace::TextEncoder encoder(parts.text_encoders[i], at::kFloat, at::kCPU);
      const std::string number = std::to_string(i);
      timed("text_" + number,
            [&] { return encoder.encode(input_.tensor("tokens_" + number)).last_hidden_state; });
    }
    const hspace::UNet unet(parts.unet, at::kFloat, at::kCPU);
    const hspace::Condition condition = {
        optional("text"), optional("pooled_text"), optional("time_ids"), {}};
    timed("epsilon", [&] {
      const auto bottleneck = unet.encode(input_.tensor("x"), input_.tensor("t"),
                                          hspace::InjectionPoint::kAfter, condition);
      outputs_["h"] = bottleneck.h;
      return unet.decode(bottleneck);
    });
    const hspace::Autoencoder codec(parts.autoencoder, at::kFloat, at::kCPU);
    timed("pictures", [&] { return codec.decode(input_.tensor("latents")); });
    timed("encoded", [&] { return codec.encode(outputs_.at("pictures")); });
  }

  void save(const std::string& output) const {
    hspace::SafetensorsWriter writer(output);
    for (const auto& [name, t] : outputs_) writer.declare(name, t.scalar_type(), t.sizes().vec());
    for (const auto& [name, t] : outputs_) writer.write(name, t.contiguous());
    writer.finish();
  }

  void report() const {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("{\"peak_mb\": %ld, \"seconds\": {", usage.ru_maxrss / 1024);
    const char* comma = "";
    for (const auto& [name, seconds] : seconds_) {
      std::printf("%s\"%s\": %.4f", comma, name.c_str(), seconds);
      comma = ", ";
    }
    std::printf("}}\n");
  }

 private:
  at::Tensor optional(const char* name) const {
    return input_.contains(name) ? input_.tensor(name) : at::Tensor();
  }

  // The fastest of all turns, which other work on the machine disturbed least.
  void timed(const std::string& name, const std::function<at::Tensor()>& part) {
    for (int turn = 0; turn < options_.turns; ++turn) {
      const double begin = bench::now(CLOCK_MONOTONIC);
      outputs_[name] = part();
      const double taken = bench::now(CLOCK_MONOTONIC) - begin;
      const auto known = seconds_.find(name);
      seconds_[name] = known == seconds_.end() ? taken : std::min(known->second, taken);
    }
  }

  Options options_;
  hspace::SafetensorsFile input_;
  std::map<std::string, at::Tensor> outputs_;
  std::map<std::string, double> seconds_;
};

}  // namespace

int main(int argc, char** argv) {
  return bench::guarded([&] {
    if (argc < 4) throw hspace::Error("expected MODEL_DIRECTORY INPUT OUTPUT");
    Options options;
    options.directory = argv[1];
    bench::parse(argc - 3, argv + 3, options,
                 [&](const std::string& name, const std::string& value) {
                   if (name == "--turns") options.turns = std::stoi(value);
                   return name == "--turns";
                 });
    hspace::configure_runtime({options.threads, /*openblas_threads=*/1});
    Parts parts(options, argv[2]);
    parts.run(options.directory);
    parts.save(argv[3]);
    parts.report();
  });
}
