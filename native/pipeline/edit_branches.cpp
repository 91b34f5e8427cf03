#include "pipeline/edit_branches.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

namespace hspace {
namespace {

bool all_in_order(const std::vector<int64_t>& rows, int64_t count) {
  if (static_cast<int64_t>(rows.size()) != count) return false;
  for (int64_t row = 0; row < count; ++row) {
    if (rows[row] != row) return false;
  }
  return true;
}

// Samples of a bottleneck by number; under guidance each is two of its rows.
Bottleneck samples_of(const GuidedUNet& unet, const Bottleneck& from,
                      const std::vector<int64_t>& samples) {
  std::vector<int64_t> rows = samples;
  if (unet.guided()) {
    for (const int64_t sample : samples) rows.push_back(unet.samples(from) + sample);
  }
  const auto each = [&](const at::Tensor& t) { return t.defined() ? rows_of(t, rows) : t; };
  const auto shared = [&](const at::Tensor& t) {  // what holds for all rows alike stays as it is
    return t.defined() && t.size(0) > 1 ? each(t) : t;
  };
  Bottleneck chosen{from.point,        each(from.h),          each(from.residual), {},
                    shared(from.time), shared(from.timestep), shared(from.text)};
  for (const at::Tensor& skip : from.skips) chosen.skips.push_back(each(skip));
  return chosen;
}

template <typename T>
std::vector<T> at_places(const std::vector<T>& all, const std::vector<int64_t>& places) {
  std::vector<T> some;
  for (const int64_t place : places) some.push_back(all[place]);
  return some;
}

}  // namespace

at::Tensor rows_of(const at::Tensor& t, const std::vector<int64_t>& rows) {
  if (all_in_order(rows, t.size(0))) return t;
  const at::Tensor numbers = at::tensor(rows).to(t.device());
  const bool channels_last =
      t.dim() == 4 && !t.is_contiguous() && t.is_contiguous(at::MemoryFormat::ChannelsLast);
  if (!channels_last) return t.index_select(0, numbers);
  return t.permute({0, 2, 3, 1}).index_select(0, numbers).permute({0, 3, 1, 2});
}

Denoiser::Prediction predict(const Denoiser& denoiser, int64_t i, const at::Tensor& x,
                             const Branches& branches, const EditInjection& edits, EditWork& work,
                             LaterCheck* later) {
  const GuidedUNet& unet = denoiser.unet();
  const Bottleneck rows = denoiser.encode(i, x);
  ++work.passes;
  work.encoder_rows += x.size(0);
  const auto decode = [&](const std::vector<int64_t>& parents,
                          const std::vector<int64_t>& columns) {
    const Bottleneck from =
        all_in_order(parents, x.size(0)) ? rows : samples_of(unet, rows, parents);
    const at::Tensor output =
        unet.decode(from, edits.delta(i, columns, unet.h(from)), edits.into());
    work.decoder_rows += output.size(0);
    // Clipping would turn infinity into a number.
    if (denoiser.step(i).clipping) denoiser.finite(i, x, output, !edits.empty(), later);
    return output;
  };
  std::vector<int64_t> acting;  // the branches to which this step adds something
  for (size_t d = 0; d < branches.columns.size(); ++d) {
    if (edits.acts(i, branches.columns[d])) acting.push_back(static_cast<int64_t>(d));
  }
  if (!edits.asymmetric() || acting.empty()) {
    const at::Tensor output = decode(branches.parents, branches.columns);
    return {output, output};
  }
  std::vector<int64_t> all(x.size(0));
  for (size_t row = 0; row < all.size(); ++row) all[row] = static_cast<int64_t>(row);
  const at::Tensor of_d =
      rows_of(decode(all, std::vector<int64_t>(all.size(), kUnedited)), branches.parents);
  const at::Tensor of_p =
      decode(at_places(branches.parents, acting), at_places(branches.columns, acting));
  const at::Tensor places = at::tensor(acting).to(x.device());
  return {of_d.index_copy(0, places, of_p), of_d};
}

}  // namespace hspace
