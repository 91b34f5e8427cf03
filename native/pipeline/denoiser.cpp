#include "pipeline/denoiser.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include <string>

#include "files/text.h"
#include "hspace/error.h"

namespace hspace {
namespace {

// The numbers of the rows that are not finite: "0, 3".
std::string rows_not_finite(const at::Tensor& t) {
  std::string rows;
  for (int64_t row = 0; row < t.size(0); ++row) {
    if (!all_finite(t[row])) rows += (rows.empty() ? "" : ", ") + std::to_string(row);
  }
  return rows;
}

const char* type_name(at::ScalarType type) {
  return type == at::kBFloat16 ? "bfloat16" : "float32";
}

// What may have made a step's result something that is not finite, and what may help.
std::string likely_causes(const Model& model, const GuidedUNet& unet, bool injected) {
  std::string causes = "damaged weights";
  if (injected) causes += ", too large a strength";
  if (unet.guided()) causes += ", too much guidance (" + number_text(unet.guidance()) + ")";
  const at::ScalarType type = model.options().dtype;
  if (type != at::kDouble)
    causes += std::string(", numbers beyond ") + type_name(type) + " (--dtype float64 may help)";
  return "likely causes: " + causes +
         ", or a step that this model does not bear (another --eta or number of steps may help)";
}

}  // namespace

Denoiser::Denoiser(const Model& model, const Lattice& lattice, const std::vector<double>& eta,
                   InjectionPoint h_space, const std::optional<Clipping>& clipping,
                   const Conditioning& conditioning)
    : model_(model),
      unet_(model.conditioned(conditioning)),
      lattice_(lattice),
      eta_(eta),
      h_space_(h_space) {
  if (static_cast<int64_t>(eta.size()) != lattice.steps()) {
    throw Error("eta: expected " + std::to_string(lattice.steps()) + " values, one a step, found " +
                std::to_string(eta.size()));
  }
  const PredictionType prediction = model.schedule().prediction_type();
  for (int64_t i = 0; i < lattice.steps(); ++i) {
    steps_.push_back(Step::of(lattice, i, eta[i], prediction, clipping));
  }
}

at::Tensor Denoiser::state(const at::Tensor& t) const { return model_.state(t.detach()); }

at::Tensor Denoiser::run(const at::Tensor& start, const at::Tensor& z, Injection* injection,
                         int64_t first, const Recorder& recorder,
                         const std::function<void()>& after_step) const {
  const auto all_steps = [&](LaterCheck* later) {
    at::Tensor x = state(start);
    for (int64_t i = 0; i < steps(); ++i) {
      x = next(i, x, z, injection, first, recorder, later);
      if (later != nullptr) after_step();
    }
    return x;
  };
  LaterCheck later;
  const at::Tensor x = all_steps(&later);
  return (later.passed() ? x : all_steps(nullptr)).cpu();
}

at::Tensor Denoiser::next(int64_t i, const at::Tensor& x, const at::Tensor& z, Injection* injection,
                          int64_t first, const Recorder& recorder, LaterCheck* later) const {
  const at::Tensor mean = unchecked(i, x, injection, first, recorder, later);
  const double sigma = steps_[i].sigma;
  const at::Tensor next = sigma == 0 ? mean : mean.add(state(z.select(1, i)), sigma);
  return finite(i, x, next, injection != nullptr, later);
}

at::Tensor Denoiser::mean(int64_t i, const at::Tensor& x) const {
  return finite(i, x, unchecked(i, x, nullptr, 0, {}, nullptr));
}

at::Tensor Denoiser::unchecked(int64_t i, const at::Tensor& x, Injection* injection, int64_t first,
                               const Recorder& recorder, LaterCheck* later) const {
  const Prediction said = predict(i, x, injection, first, recorder, later);
  return steps_[i].mean(x, said.of_p, said.of_d);
}

Denoiser::Prediction Denoiser::predict(int64_t i, const at::Tensor& x, Injection* injection,
                                       int64_t first, const Recorder& recorder,
                                       LaterCheck* later) const {
  const Bottleneck bottleneck = encode(i, x);
  const at::Tensor h = unet_.h(bottleneck);  // (B, c, h, w)
  if (recorder) recorder(i, h);
  const at::Tensor delta =
      injection ? injection->delta_h(i, lattice_.timesteps[i], first, h) : at::Tensor();
  const at::Tensor edited =
      unet_.decode(bottleneck, delta, injection ? injection->into() : InjectInto::kBoth);
  // Clipping would turn infinity into a number.
  if (steps_[i].clipping) finite(i, x, edited, injection != nullptr, later);
  const bool twice = delta.defined() && injection->asymmetric();
  return {edited, twice ? unet_.decode(bottleneck) : edited};
}

at::Tensor Denoiser::noise(int64_t i, const at::Tensor& x) const {
  return steps_[i].noise(x, unet_.decode(encode(i, x)));
}

at::Tensor Denoiser::finite(int64_t i, const at::Tensor& x, const at::Tensor& result, bool injected,
                            LaterCheck* later) const {
  if (later != nullptr && !result.is_cpu()) {
    later->note(result);
    return result;
  }
  if (all_finite(result)) return result;
  const std::string advice = all_finite(x) ? likely_causes(model_, unet_, injected)
                                           : "what the step begins with is not finite either";
  throw Error("step " + std::to_string(i + 1) + " of " + std::to_string(steps()) + " (timestep " +
              std::to_string(lattice_.timesteps[i]) + ", eta " + number_text(eta_[i]) +
              "): the result is not finite in rows " + rows_not_finite(result) +
              " of the batch's " + std::to_string(result.size(0)) + ": " + not_finite_text(result) +
              "; " + advice);
}

Bottleneck Denoiser::encode(int64_t i, const at::Tensor& x) const {
  const at::Tensor t =
      at::full({1}, lattice_.timesteps[i], at::TensorOptions(at::kLong).device(x.device()));
  return unet_.encode(x, t, h_space_);
}

}  // namespace hspace
