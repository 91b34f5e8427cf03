// Time of the linearised decoder of a model directory, beside the decoder itself and beside the
// convolutions that any product J v or J^T u needs.
//
//   bench_linearized UNET_DIRECTORY [--threads N] [--seconds S] [--size HxW] [--batch N,...]
//       [--rows B] [--dtype float32|float64] [--clock wall|cpu]
//
// Tangents belong to B different rows in turn. Each figure is milliseconds a tangent (an image for
// the decoder), the median of passes that take turns, so that a busy machine disturbs all alike.
// The cpu clock counts the time of all threads; with one thread it is what an idle machine would
// take, nearly.

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <variant>
#include <vector>

#include "bench/condition.h"
#include "bench/harness.h"
#include "hspace/error.h"
#include "hspace/linearized.h"
#include "hspace/runtime.h"
#include "hspace/unet.h"
#include "layers/pieces.h"
#include "networks/unet2d/network.h"

namespace {

using hspace::LinearConv;

struct Options : bench::Options {
  int64_t rows = 10;
  at::ScalarType dtype = at::kFloat;
  clockid_t clock = CLOCK_MONOTONIC;
};

void expect_one_of(const std::string& name, const std::string& value, const std::string& first,
                   const std::string& second) {
  if (value != first && value != second) {
    throw hspace::Error(name + ": expected " + first + " or " + second + ", found " + value);
  }
}

Options parse(int argc, char** argv) {
  Options options;
  options.seconds = 3;
  options.batches = {1, 8, 30, 60};
  bench::parse(argc, argv, options, [&](const std::string& name, const std::string& value) {
    if (name == "--rows") {
      options.rows = std::stoll(value);
    } else if (name == "--clock") {
      expect_one_of(name, value, "wall", "cpu");
      options.clock = value == "cpu" ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
    } else if (name == "--dtype") {
      expect_one_of(name, value, "float32", "float64");
      options.dtype = value == "float32" ? at::kFloat : at::kDouble;
    } else {
      return false;
    }
    return true;
  });
  return options;
}

// The convolutions of J v (or of J^T u) for one piece of tangents, on random data: nothing else.
class Convolutions {
 public:
  Convolutions(const hspace::Network& network, const hspace::Bottleneck& bottleneck, int64_t n,
               bool transpose)
      : transpose_(transpose), options_(bottleneck.h.options()), n_(n) {
    int64_t height = bottleneck.h.size(2), width = bottleneck.h.size(3);
    for (size_t i = 0; i < network.up_blocks.size(); ++i) {
      const hspace::UpBlock& block = network.up_blocks[i];
      const hspace::UpBlockMaps& maps = network.decoder_maps->up_blocks[i];
      const int64_t scale = block.upsampler ? 2 : 1;
      const int64_t channels = block.resnets[0].conv2.weight.size(0);
      piece_ = hspace::tangents_a_piece(channels * height * width * scale * scale *
                                        static_cast<int64_t>(bottleneck.h.element_size()));
      for (size_t r = 0; r < maps.resnets.size(); ++r) {
        const hspace::ResnetMaps& resnet = maps.resnets[r];
        const int64_t active = hspace::GroupNormSiluDerivative::active_channels(
            block.resnets[r].norm1.parameters.weight.size(0),
            block.resnets[r].norm1.parameters.groups, resnet.tangent_channels);
        add(resnet.conv1, active, resnet.out_channels, height, width);
        add(resnet.conv2, resnet.out_channels, resnet.out_channels, height, width);
        if (resnet.shortcut.defined()) {
          add(resnet.shortcut, resnet.tangent_channels, resnet.out_channels, height, width);
        }
        if (maps.attentions.empty()) continue;
        std::visit([&](const auto& attention) { add(attention, channels, height, width); },
                   maps.attentions[r]);
      }
      if (block.upsampler) {
        add(maps.upsampler, channels, channels, height, width, 2);
        height *= 2;
        width *= 2;
      }
    }
    add(network.decoder_maps->conv_out, network.conv_out.weight.size(1),
        network.conv_out.weight.size(0), height, width);
  }

  void run() const {
    for (const Call& call : calls_) {
      for (int64_t first = 0; first < n_; first += call.input.size(0)) {
        const int64_t count = std::min(n_ - first, call.input.size(0));
        const at::Tensor x = call.input.narrow(0, 0, count);
        transpose_ ? call.map.transpose(x) : call.map.apply(x);
      }
    }
  }

 private:
  struct Call {
    LinearConv map;
    at::Tensor input;
  };

  void add(const hspace::AttentionMaps& maps, int64_t channels, int64_t height, int64_t width) {
    add(maps.qkv, channels, 3 * channels, height, width);
    add(maps.to_out, channels, channels, height, width);
  }

  void add(const hspace::TransformerMaps& maps, int64_t channels, int64_t height, int64_t width) {
    add(maps.proj_in, channels, channels, height, width);
    for (const hspace::TransformerBlockMaps& block : maps.blocks) {
      for (const hspace::TokenAttentionMaps* attention : {&block.attn1, &block.attn2}) {
        add(attention->projection, channels, attention->outputs, height, width);
        add(attention->to_out, channels, channels, height, width);
      }
      add(block.ff_proj, channels, 8 * channels, height, width);
      add(block.ff_out, 4 * channels, channels, height, width);
    }
    add(maps.proj_out, channels, channels, height, width);
  }

  void add(const LinearConv& map, int64_t in, int64_t out, int64_t height, int64_t width,
           int64_t scale = 1) {
    const int64_t channels = transpose_ ? out : in;
    if (transpose_) {
      height *= scale;
      width *= scale;
    }
    calls_.push_back({map, at::randn({std::min(n_, piece_), channels, height, width}, options_)
                               .contiguous(at::MemoryFormat::ChannelsLast)});
  }

  bool transpose_;
  at::TensorOptions options_;
  int64_t n_;
  int64_t piece_ = 1;
  std::vector<Call> calls_;
};

void run(const Options& options) {
  hspace::configure_runtime({options.threads, /*openblas_threads=*/1});
  const hspace::UNet unet(options.directory, options.dtype, at::kCPU);
  const auto size = unet.config().sample_size.value_or(std::array<int64_t, 2>{64, 64});
  const int64_t height = options.height > 0 ? options.height : size[0];
  const int64_t width = options.width > 0 ? options.width : size[1];
  const auto image = [&](int64_t n) {
    return at::randn({n, unet.config().in_channels, height, width}, options.dtype);
  };
  const at::Tensor t = at::tensor({500}, at::kLong);
  std::printf(
      "batch  decoder  linearise  MB/row |   J v  ratio  convolutions | J^T u  ratio  "
      "convolutions   (ms each, %d threads)\n",
      options.threads);
  for (const int64_t n : options.batches) {
    const int64_t rows = std::min(n, options.rows);
    const hspace::Bottleneck batch =
        unet.encode(image(n), t, hspace::InjectionPoint::kAfter, bench::condition(unet.config()));
    const hspace::Bottleneck points = batch.rows(0, rows);
    const hspace::LinearizedDecoder decoder(unet, points);
    const at::Tensor v = at::randn_like(batch.h);
    const at::Tensor u = at::randn_like(unet.decode(batch));
    const at::Tensor which = at::arange(n, at::kLong).remainder(rows);
    const Convolutions forward(*unet.network(), batch, n, false);
    const Convolutions reverse(*unet.network(), batch, n, true);
    const std::vector<double> ms = bench::medians(
        {[&] { unet.decode(batch); }, [&] { hspace::LinearizedDecoder(unet, points); },
         [&] { decoder.jvp(v, which); }, [&] { forward.run(); }, [&] { decoder.vjp(u, which); },
         [&] { reverse.run(); }},
        options.seconds, options.clock);
    const auto each = [&](size_t i) { return ms[i] / static_cast<double>(n); };
    std::printf("%5lld  %7.2f  %9.2f  %6.1f | %5.2f  %5.2f  %12.2f | %5.2f  %5.2f  %12.2f\n",
                static_cast<long long>(n), each(0), ms[1] / static_cast<double>(rows),
                static_cast<double>(decoder.bytes()) / static_cast<double>(rows) / 1e6, each(2),
                ms[2] / ms[0], each(3), each(4), ms[4] / ms[0], each(5));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return bench::guarded([&] {
    const at::AutoDispatchBelowADInplaceOrView without_autograd;
    run(parse(argc, argv));
  });
}
