#include "layers/condition_embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <string>
#include <vector>

#include "hspace/error.h"
#include "kernels/expect.h"

namespace hspace {
namespace {

// Error unless `tensor` is there just when it is wanted, with one row or `batch`, and `dims`
// dimensions.
void require(const at::Tensor& tensor, bool wanted, const char* name, const std::string& shape,
             int64_t dims, int64_t batch) {
  if (!wanted) {
    if (!tensor.defined()) return;
    throw Error(std::string("U-Net condition: this model takes no ") + name + ", found " +
                describe(tensor));
  }
  const bool fits = tensor.defined() && tensor.dim() == dims && tensor.numel() > 0 &&
                    (tensor.size(0) == 1 || tensor.size(0) == batch);
  if (fits) return;
  throw Error(std::string("U-Net condition: ") + name + ": expected (1 or " +
              std::to_string(batch) + shape + "), found " + describe(tensor));
}

void require_class(int64_t label, int64_t classes) {
  if (label >= 0 && label < classes) return;
  throw Error("U-Net condition: class label: expected one of 0 to " + std::to_string(classes - 1) +
              ", found " + std::to_string(label));
}

}  // namespace

ConditionEmbedding::ConditionEmbedding(WeightMap& weights, const UNetConfig& config,
                                       const Placement& placement)
    : class_embedding_(config.class_embedding),
      classes_(config.num_class_embeds),
      transformers_(config.transformers),
      device_(placement.device),
      label_sinusoids_{config.block_out_channels.front(), config.flip_sin_to_cos,
                       config.freq_shift},
      size_sinusoids_{0, config.flip_sin_to_cos, config.freq_shift} {
  const int64_t width = config.time_embed_dim();
  if (class_embedding_ == ClassEmbedding::kTable)
    table_ = placement.place_wide(weights.take("class_embedding.weight", {classes_, width}));
  if (class_embedding_ == ClassEmbedding::kTimestep)
    of_labels_.emplace(weights, "class_embedding", label_sinusoids_.width, width, placement);
  if (transformers_ && transformers_->text_time) {
    size_sinusoids_.width = transformers_->text_time->time_width;
    of_text_.emplace(weights, "add_embedding", transformers_->text_time->inputs, width, placement);
  }
}

void ConditionEmbedding::check(const Condition& condition, int64_t batch) const {
  const std::string width = transformers_ ? std::to_string(transformers_->cross_attention_dim) : "";
  const at::Tensor& text = condition.text;
  require(text, transformers_.has_value(), "text", ", tokens, " + width, 3, batch);
  if (text.defined() && text.size(2) != transformers_->cross_attention_dim)
    throw Error("U-Net condition: text: expected hidden states of width " + width + ", found " +
                describe(text));
  require(condition.pooled_text, of_text_.has_value(), "pooled text", ", width", 2, batch);
  require(condition.time_ids, of_text_.has_value(), "sizes (time ids)", ", sizes", 2, batch);
  if (of_text_) {
    const int64_t pooled = condition.pooled_text.size(1), sizes = condition.time_ids.size(1);
    const int64_t inputs = transformers_->text_time->inputs;
    if (pooled + sizes * size_sinusoids_.width != inputs)
      throw Error("U-Net condition: expected pooled text and sizes of " + std::to_string(inputs) +
                  " numbers, a size being " + std::to_string(size_sinusoids_.width) + ", found " +
                  std::to_string(pooled) + " numbers of text and " + std::to_string(sizes) +
                  " sizes");
  }
  const at::Tensor& labels = condition.class_labels;
  require(labels, class_embedding_ != ClassEmbedding::kNone, "class labels", "", 1, batch);
  if (class_embedding_ != ClassEmbedding::kTable) return;
  if (!at::isIntegralType(labels.scalar_type(), /*includeBool=*/false))
    throw Error("U-Net condition: class labels: expected integers, found " + describe(labels));
  const at::Tensor host = labels.cpu().to(at::kLong);
  for (int64_t i = 0; i < host.size(0); ++i) require_class(host[i].item<int64_t>(), classes_);
}

at::Tensor ConditionEmbedding::add(at::Tensor time_embedding, const Condition& condition) const {
  if (table_.defined())
    time_embedding =
        time_embedding + table_.index_select(0, condition.class_labels.to(device_, at::kLong));
  if (of_labels_)
    time_embedding = time_embedding +
                     of_labels_->forward(label_sinusoids_.of(condition.class_labels.to(device_)));
  if (of_text_) {
    const at::Tensor text = condition.pooled_text.to(time_embedding.options());
    const at::Tensor sizes = condition.time_ids.to(device_);
    const at::Tensor embedded = size_sinusoids_.of(sizes.flatten())
                                    .reshape({sizes.size(0), -1})
                                    .to(time_embedding.options());
    const int64_t rows = std::max(text.size(0), embedded.size(0));
    time_embedding =
        time_embedding +
        of_text_->forward(at::cat({text.expand({rows, -1}), embedded.expand({rows, -1})}, 1));
  }
  return time_embedding;
}

}  // namespace hspace
