#include "networks/classifier/heads.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>

#include <set>

namespace hspace {

namespace {

Head read_head(const JsonObject& entry) {
  Head head;
  head.name = entry.text("name");
  head.key = entry.text("key", "fc");
  head.type = entry.choice<HeadType>("type", HeadType::kSigmoid,
                                     {{"linear", HeadType::kLinear},
                                      {"sigmoid", HeadType::kSigmoid},
                                      {"softmax_pair", HeadType::kSoftmaxPair},
                                      {"bins", HeadType::kBins}});
  const int64_t usual = head.type == HeadType::kSoftmaxPair ? 2 : 1;
  const bool free = head.type == HeadType::kBins;
  head.outputs = entry.integer("outputs", usual, free ? 2 : usual, free ? 100'000 : usual);
  head.scale = entry.number("scale", 1);
  head.offset = entry.number("offset", 0);
  head.positive = entry.integer("positive", 1, 0, 1);
  head.bin_width = entry.number("bin_width", 1);
  return head;
}

}  // namespace

std::vector<Head> Head::list(const JsonObject& config) {
  std::vector<Head> heads;
  std::set<std::string> names;
  for (const JsonObject& entry : config.objects("heads")) {
    heads.push_back(read_head(entry));
    if (!names.insert(heads.back().name).second)
      entry.fail("name: expected different names, found " + heads.back().name + " twice");
  }
  if (heads.empty()) config.fail("heads: expected at least one, found none");
  return heads;
}

at::Tensor Head::score(const at::Tensor& outputs) const {
  switch (type) {
    case HeadType::kLinear:
      return outputs.select(1, 0).mul(scale).add(offset);
    case HeadType::kSigmoid:
      return at::sigmoid(outputs.select(1, 0));
    case HeadType::kSoftmaxPair:
      return at::softmax(outputs, 1).select(1, positive);
    case HeadType::kBins:
      return at::softmax(outputs, 1)
          .mv(at::arange(this->outputs, outputs.options()))
          .mul(bin_width)
          .add(offset);
  }
  return {};
}

}  // namespace hspace
