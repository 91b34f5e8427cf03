#include "hspace/guided_unet.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include <utility>

#include "hspace/error.h"

namespace hspace {
namespace {

// A row as `batch` rows, which share it.
at::Tensor repeated(const at::Tensor& row, int64_t batch) {
  std::vector<int64_t> shape = row.sizes().vec();
  shape[0] = batch;
  return row.expand(shape);
}

// One row's condition for `batch` rows, a half of each when there are two.
at::Tensor for_rows(const std::vector<Condition>& conditions, at::Tensor Condition::* part,
                    int64_t batch) {
  const at::Tensor& first = conditions[0].*part;
  if (!first.defined() || conditions.size() == 1) return first;
  return at::cat({repeated(first, batch), repeated(conditions[1].*part, batch)});
}

Bottleneck joined(const Bottleneck& a, const Bottleneck& b) {
  const auto cat = [](const at::Tensor& one, const at::Tensor& other) {
    return one.defined() ? at::cat({one, other}) : one;
  };
  // What the rows of a half share, the other half may have another of.
  const auto shared = [&](const at::Tensor& one, const at::Tensor& other) {
    if (!one.defined()) return one;
    return at::cat({repeated(one, a.batch()), repeated(other, b.batch())});
  };
  Bottleneck both{a.point, cat(a.h, b.h), cat(a.residual, b.residual), {}, {}, {}, {}};
  for (size_t i = 0; i < a.skips.size(); ++i) both.skips.push_back(cat(a.skips[i], b.skips[i]));
  both.time = shared(a.time, b.time);
  both.timestep = shared(a.timestep, b.timestep);
  both.text = shared(a.text, b.text);
  return both;
}

// The factors of ε(prompt) and ε(negative) in the guided ε; of ε alone without guidance.
std::vector<double> factors(const GuidedUNet& unet) {
  if (!unet.guided()) return {1};
  return {unet.guidance(), 1 - unet.guidance()};
}

bool goes_into(InjectInto into, size_t pass) {
  return into == InjectInto::kBoth || (into == InjectInto::kPrompt) == (pass == 0);
}

}  // namespace

GuidedUNet::GuidedUNet(UNet unet, std::vector<Condition> conditions, double guidance)
    : unet_(std::move(unet)), conditions_(std::move(conditions)), guidance_(guidance) {
  if (conditions_.size() > 2 || (conditions_.size() < 2 && guidance != 1))
    throw Error("guidance: expected two conditions for it, or none and guidance 1");
}

Bottleneck GuidedUNet::encode(const at::Tensor& x, const at::Tensor& t,
                              InjectionPoint point) const {
  if (conditions_.empty()) return unet_.encode(x, t, point);
  const int64_t batch = x.size(0);
  const auto part = [&](at::Tensor Condition::* which) {
    return for_rows(conditions_, which, batch);
  };
  const Condition condition = {part(&Condition::text), part(&Condition::pooled_text),
                               part(&Condition::time_ids), part(&Condition::class_labels)};
  if (!guided()) return unet_.encode(x, t, point, condition);
  return unet_.encode(at::cat({x, x}), t.numel() == 1 ? t : at::cat({t, t}), point, condition);
}

at::Tensor GuidedUNet::h(const Bottleneck& bottleneck) const {
  return bottleneck.h.narrow(0, 0, samples(bottleneck));
}

int64_t GuidedUNet::samples(const Bottleneck& bottleneck) const {
  return guided() ? bottleneck.batch() / 2 : bottleneck.batch();
}

Bottleneck GuidedUNet::expand(const Bottleneck& bottleneck, int64_t count) const {
  if (!guided()) return bottleneck.expand(count);
  return joined(bottleneck.rows(0, 1).expand(count), bottleneck.rows(1, 1).expand(count));
}

at::Tensor GuidedUNet::decode(const Bottleneck& bottleneck, const at::Tensor& delta_h,
                              InjectInto into) const {
  if (!guided()) return unet_.decode(bottleneck, delta_h);
  const int64_t batch = samples(bottleneck);
  at::Tensor both;  // (2 B, c, h, w)
  if (delta_h.defined()) {
    const at::Tensor delta = delta_h.expand_as(h(bottleneck));
    const at::Tensor none = at::zeros_like(delta);
    both = at::cat({goes_into(into, 0) ? delta : none, goes_into(into, 1) ? delta : none});
  }
  const at::Tensor epsilon = unet_.decode(bottleneck, both);  // (2 B, C, H, W)
  const at::Tensor prompt = epsilon.narrow(0, 0, batch);
  const at::Tensor negative = epsilon.narrow(0, batch, batch);
  return negative.add(prompt.sub(negative), guidance_);
}

GuidedLinearized::GuidedLinearized(const GuidedUNet& unet, const Bottleneck& bottleneck,
                                   InjectInto into, const at::Tensor& mask)
    : batch_(unet.samples(bottleneck)),
      factors_(factors(unet)),
      decoder_(unet.unet(), bottleneck, mask) {
  for (size_t pass = 0; factors_.size() == 2 && pass < 2; ++pass) {
    if (!goes_into(into, pass)) factors_[pass] = 0;
  }
}

at::Tensor GuidedLinearized::combined(Product product, const at::Tensor& t,
                                      const at::Tensor& rows) const {
  if (factors_.size() == 1) return (decoder_.*product)(t, rows);
  // The network's rows are those of the prompt's pass, then those of the negative one.
  for (size_t pass = 0; pass < 2; ++pass) {
    if (factors_[1 - pass] != 0) continue;
    const at::Tensor own = rows.add(static_cast<int64_t>(pass) * batch_);
    return (decoder_.*product)(t, own).mul(factors_[pass]);
  }
  const at::Tensor both = (decoder_.*product)(at::cat({t, t}), at::cat({rows, rows.add(batch_)}));
  const int64_t n = t.size(0);
  return both.narrow(0, 0, n).mul(factors_[0]).add(both.narrow(0, n, n), factors_[1]);
}

at::Tensor GuidedLinearized::jvp(const at::Tensor& v, const at::Tensor& rows) const {
  return combined(&LinearizedDecoder::jvp, v, rows);
}

at::Tensor GuidedLinearized::vjp(const at::Tensor& u, const at::Tensor& rows) const {
  return combined(&LinearizedDecoder::vjp, u, rows);
}

}  // namespace hspace
