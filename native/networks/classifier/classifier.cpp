#include "hspace/classifier.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <map>

#include "hspace/error.h"
#include "kernels/expect.h"
#include "layers/device_check.h"
#include "networks/classifier/heads.h"
#include "networks/classifier/resnet.h"

namespace hspace {

namespace {

// Beyond torchvision's largest, ResNet-152 and 800 pixels, by far.
constexpr int64_t kMostLayers = 1000;
constexpr size_t kMostStages = 16;
constexpr int64_t kLargestInput = 4096;

ResNetConfig read_network(const JsonObject& config) {
  config.choice<int>("architecture", 0, {{"resnet", 0}});
  ResNetConfig network;
  network.bottleneck =
      config.choice<bool>("block", false, {{"basic", false}, {"bottleneck", true}});
  network.layers = config.integers("layers", {2, 2, 2, 2}, 1, kMostLayers);
  network.widths = config.integers("widths", {64, 128, 256, 512}, 1, 1 << 20);
  if (network.layers.size() > kMostStages)
    config.fail("layers: expected at most " + std::to_string(kMostStages) + " stages, found " +
                std::to_string(network.layers.size()));
  if (network.layers.empty() || network.layers.size() != network.widths.size())
    config.fail("layers and widths: expected as many stages in both, at least one");
  if (const auto stem = config.object("stem")) {
    network.stem_kernel = stem->integer("kernel", 7, 1, 31);
    network.stem_stride = stem->integer("stride", 2, 1, 8);
    network.stem_pool = stem->boolean("maxpool", true);
    if (network.stem_kernel % 2 == 0)
      stem->fail("kernel: expected an odd number, found " + std::to_string(network.stem_kernel));
  }
  return network;
}

constexpr double kLengthEps = 1e-10;  // as LPIPS'

// Features (B, C, H, W), each position's of length one.
at::Tensor of_unit_length(const at::Tensor& features) {
  return features / (features.square().sum(1, true).sqrt() + kLengthEps);
}

// One linear layer, shared by the heads of one key.
struct HeadLayer {
  at::Tensor weight;  // (outputs, features)
  at::Tensor bias;    // (outputs)
};

}  // namespace

struct Classifier::State {
  State(const std::string& directory, at::Device device)
      : config(directory + "/config.json"),
        heads(Head::list(config)),
        weights({SafetensorsFile(directory + "/model.safetensors")}, directory),
        network_config(read_network(config)),
        network(network_config, weights, device) {
    input_size = config.integer("input_size", 224, 8, kLargestInput);
    mean = normalization("mean", {0.485, 0.456, 0.406}).to(device);
    std = normalization("std", {0.229, 0.224, 0.225}).to(device);
    if (!std.gt(0).all().item<bool>()) config.fail("std: expected numbers above 0");
    std::map<std::string, int64_t> outputs;
    for (const Head& head : heads) {
      first_output.push_back(outputs[head.key]);
      outputs[head.key] += head.outputs;
      labels.push_back(head.name);
    }
    const int64_t features = network_config.features();
    for (const auto& [key, count] : outputs) {
      layers[key] = {weights.take(key + ".weight", {count, features}).to(device, at::kFloat),
                     weights.take(key + ".bias", {count}).to(device, at::kFloat)};
    }
    weights.finish();
  }

  at::Tensor normalization(const std::string& key, const std::vector<double>& fallback) const {
    const std::vector<double> values = config.numbers(key, fallback);
    if (values.size() != 3)
      config.fail(key + ": expected 3 numbers, red, green, blue, found " +
                  std::to_string(values.size()));
    return at::tensor(values).to(at::kFloat).view({1, 3, 1, 1});
  }

  // Pictures (B, 3, H, W) in [-1, 1] as the network reads them: (B, 3, input_size, input_size)
  at::Tensor normalised(const at::Tensor& images) const {
    if (!images.defined() || images.dim() != 4 || images.size(1) != 3 || images.numel() == 0 ||
        !images.is_floating_point()) {
      throw Error("classifier: expected images (B, 3, H, W) of a floating type, found " +
                  describe(images));
    }
    at::Tensor x = images.to(mean.device(), at::kFloat).add(1).mul(0.5);  // [0, 1]
    if (x.size(2) != input_size || x.size(3) != input_size)
      x = at::_upsample_bilinear2d_aa(x.contiguous(), {input_size, input_size}, false);
    return x.sub_(mean).div_(std);
  }

  // The linear layers' outputs for pictures; of each head: (B, head.outputs)
  std::vector<at::Tensor> head_outputs(const at::Tensor& images) const {
    const at::Tensor features = network.features(normalised(images));  // (B, features)
    std::map<std::string, at::Tensor> of_layer;
    for (const auto& [key, layer] : layers)
      of_layer[key] = at::linear(features, layer.weight, layer.bias);
    std::vector<at::Tensor> result;
    for (size_t i = 0; i < heads.size(); ++i)
      result.push_back(of_layer[heads[i].key].narrow(1, first_output[i], heads[i].outputs));
    return result;
  }

  JsonObject config;
  std::vector<Head> heads;
  WeightMap weights;
  ResNetConfig network_config;
  ResNet network;
  int64_t input_size;
  at::Tensor mean;                    // (1, 3, 1, 1)
  at::Tensor std;                     // (1, 3, 1, 1)
  std::vector<int64_t> first_output;  // of each head, within its layer
  std::vector<std::string> labels;
  std::map<std::string, HeadLayer> layers;
};

Classifier::Classifier(const std::string& directory, at::Device device)
    : state_(std::make_unique<const State>(directory, checked_device(device))) {}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;

const std::vector<std::string>& Classifier::labels() const { return state_->labels; }

at::Tensor Classifier::outputs(const at::Tensor& images) const {
  const at::AutoDispatchBelowADInplaceOrView below_autograd;
  return at::cat(state_->head_outputs(images), 1);
}

at::Tensor Classifier::scores(const at::Tensor& images) const {
  const at::AutoDispatchBelowADInplaceOrView below_autograd;
  const std::vector<at::Tensor> outputs = state_->head_outputs(images);
  std::vector<at::Tensor> columns;
  for (size_t i = 0; i < outputs.size(); ++i)
    columns.push_back(state_->heads[i].score(outputs[i]));  // (B)
  return at::stack(columns, 1);
}

at::Tensor Classifier::distances(const at::Tensor& images, const at::Tensor& others) const {
  const at::AutoDispatchBelowADInplaceOrView below_autograd;
  const std::vector<at::Tensor> a = state_->network.stages(state_->normalised(images));
  const std::vector<at::Tensor> b = state_->network.stages(state_->normalised(others));
  if (a.front().size(0) != b.front().size(0)) {
    throw Error("classifier: expected as many images on both sides, found " + describe(images) +
                " and " + describe(others));
  }
  at::Tensor sum;  // (B)
  for (size_t i = 0; i < a.size(); ++i) {
    const at::Tensor square =
        (of_unit_length(a[i]) - of_unit_length(b[i])).square_().sum(1).mean({1, 2});
    sum = sum.defined() ? sum + square : square;
  }
  return sum;
}

}  // namespace hspace
