// Tensors that are exchanged by DLPack instead of copied.

#include <ATen/DLConvertor.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "hspace/linearized.h"
#include "test/capi_fixture.h"
#include "test/golden_case.h"
#include "test/golden_directory.h"

namespace hspace::test {
namespace {

// A tensor as another library hands it over.
class Exchanged {
 public:
  explicit Exchanged(const at::Tensor& tensor) : tensor_(at::toDLPack(tensor)) {}
  ~Exchanged() { tensor_->deleter(tensor_); }
  Exchanged(const Exchanged&) = delete;
  Exchanged& operator=(const Exchanged&) = delete;
  DLManagedTensor* get() const { return tensor_; }

 private:
  DLManagedTensor* tensor_;
};

using CApiDlpack = CApiFixture;

// What a call gives, in the hands of a library that takes it over.
template <typename Give>
at::Tensor given(const Give& give) {
  DLManagedTensor* tensor = nullptr;
  EXPECT_EQ(give(&tensor), HSPACE_OK) << hspace_last_error();
  return at::fromDLPack(tensor);
}

TEST_F(CApiDlpack, TensorsOutliveTheirHandle) {
  at::Tensor h, x_T, delta;
  const Trajectory expected = sampled_in_cpp({1, 2});
  {
    const auto trajectory = sampled({1, 2});
    h = given(
        [&](auto out) { return hspace_trajectory_dlpack(trajectory.get(), HSPACE_PART_H, out); });
    x_T = given([&](auto out) {
      return hspace_trajectory_dlpack(trajectory.get(), HSPACE_PART_START, out);
    });
    const auto up = direction("up");
    delta = given([&](auto out) { return hspace_direction_dlpack(up.get(), out); });
  }
  EXPECT_TRUE(h.equal(expected.h()));
  EXPECT_TRUE(x_T.equal(expected.x_T()));
  EXPECT_TRUE(delta.equal(DirectionSpec::parse("up").resolve(*cpp).delta()));
}

TEST_F(CApiDlpack, PartsThatAreNotThere) {
  const int64_t seed = 1;
  const auto drawn = made<OwnedTrajectory>(
      [&](auto out) { return hspace_draw(model.get(), &seed, 1, nullptr, out); });
  DLManagedTensor* tensor = nullptr;
  expect_status(HSPACE_ARGUMENT, hspace_trajectory_dlpack(drawn.get(), HSPACE_PART_IMAGES, &tensor),
                {"x_0"});
  EXPECT_EQ(tensor, nullptr);
}

// One step of the network in float64, through strides that no array of C has.
TEST_F(CApiDlpack, OtherTypesAndStrides) {
  auto params = defaults(hspace_model_params_init);
  params.type = HSPACE_FLOAT64;
  const auto wide = made<OwnedModel>(
      [&](auto out) { return hspace_model_open(directory.c_str(), &params, out); });
  ModelOptions options;
  options.dtype = at::kDouble;
  const Model expected = Model::open(directory, options);
  const at::Tensor x = at::randn({2, 16, 16, 3}, at::kDouble).permute({0, 3, 1, 2});
  const at::Tensor delta = at::randn({2, 4, 4, 16}, at::kDouble).permute({0, 3, 1, 2});
  const int64_t timesteps[] = {900, 100};
  const Exchanged x_in(x), delta_in(delta);
  const auto bottleneck = made<OwnedBottleneck>([&](auto out) {
    return hspace_encode_dlpack(wide.get(), x_in.get(), timesteps, 2, HSPACE_AFTER, nullptr, out);
  });
  const Bottleneck bottleneck_too =
      expected.unet().encode(x, at::tensor({900, 100}, at::kLong), InjectionPoint::kAfter);
  EXPECT_TRUE(given([&](auto out) {
                return hspace_bottleneck_dlpack(bottleneck.get(), out);
              }).equal(bottleneck_too.h));
  // The caller's memory is filled where it lies: every second column of something wider.
  const at::Tensor room = at::zeros({2, 3, 16, 32}, at::kDouble);
  const at::Tensor columns = room.slice(3, 0, 32, 2);
  const Exchanged out(columns);
  expect_ok(hspace_decode_dlpack(bottleneck.get(), delta_in.get(), out.get()));
  const at::Tensor epsilon = expected.unet().decode(bottleneck_too, delta);
  EXPECT_TRUE(columns.equal(epsilon));
  EXPECT_TRUE(room.slice(3, 1, 32, 2).eq(0).all().item<bool>());
  expect_ok(hspace_decode_dlpack(bottleneck.get(), nullptr, out.get()));
  EXPECT_TRUE(columns.equal(expected.unet().decode(bottleneck_too)));

  const auto linearized = made<OwnedLinearized>(
      [&](auto made) { return hspace_linearize(bottleneck.get(), nullptr, made); });
  const LinearizedDecoder decoder(expected.unet(), bottleneck_too);
  const int64_t rows[] = {0, 1};
  const at::Tensor rows_too = at::tensor({0, 1}, at::kLong);
  const at::Tensor u = at::empty({2, 3, 16, 16}, at::kDouble);
  const at::Tensor v = at::empty({2, 16, 4, 4}, at::kDouble);
  const Exchanged u_out(u), v_out(v);
  expect_ok(hspace_jvp_dlpack(linearized.get(), delta_in.get(), rows, u_out.get()));
  EXPECT_TRUE(u.equal(decoder.jvp(delta, rows_too)));
  expect_ok(hspace_vjp_dlpack(linearized.get(), x_in.get(), rows, v_out.get()));
  EXPECT_TRUE(v.equal(decoder.vjp(x, rows_too)));
}

TEST_F(CApiDlpack, ImagesInAndOut) {
  const at::Tensor images = sampled_in_cpp({1, 2}).x_0().contiguous();
  auto params = defaults(hspace_invert_params_init);
  params.steps = 4;
  const auto by_pointer = made<OwnedTrajectory>([&](auto out) {
    return hspace_invert(model.get(), images.const_data_ptr<float>(), 2, &params, nullptr, nullptr,
                         out);
  });
  const Exchanged images_in(images);
  const auto by_tensor = made<OwnedTrajectory>([&](auto out) {
    return hspace_invert_dlpack(model.get(), images_in.get(), &params, nullptr, nullptr, out);
  });
  expect_same(read(by_tensor, HSPACE_PART_START), read(by_pointer, HSPACE_PART_START));
  EXPECT_STREQ(hspace_trajectory_provenance(by_tensor.get()),
               hspace_trajectory_provenance(by_pointer.get()));

  const auto up = direction("up");
  const hspace_edit_term term = {up.get(), 2, 0, 1};
  const hspace_edit_column columns[] = {{nullptr, 0}, {&term, 1}};
  std::vector<float> expected(4 * kImage);
  expect_ok(hspace_edit(model.get(), by_tensor.get(), columns, 2, nullptr, nullptr, nullptr,
                        expected.data(), expected.size()));
  const at::Tensor room = at::empty({2, 2, 3, 16, 16}, at::kDouble);
  const Exchanged out(room);
  expect_ok(hspace_edit_dlpack(model.get(), by_tensor.get(), columns, 2, nullptr, nullptr, nullptr,
                               out.get()));
  expect_same(room.to(at::kFloat), tensor(expected));
}

TEST_F(CApiDlpack, DirectionsKeepTheirType) {
  const at::Tensor delta = at::randn({2, 16, 4, 4}, at::kDouble);
  const int64_t timesteps[] = {800, 200};
  const Exchanged delta_in(delta);
  const auto own = made<OwnedDirection>([&](auto out) {
    return hspace_direction_create_dlpack(model.get(), "own", HSPACE_AFTER, delta_in.get(),
                                          timesteps, 2, out);
  });
  const at::Tensor kept = given([&](auto out) { return hspace_direction_dlpack(own.get(), out); });
  EXPECT_TRUE(kept.equal(delta));
  delta.zero_();  // it was copied
  EXPECT_FALSE(kept.eq(0).any().item<bool>());
}

TEST_F(CApiDlpack, Scores) {
  const std::string place = golden_path("classifiers/basic");
  const auto classifier = made<OwnedClassifier>(
      [&](auto out) { return hspace_classifier_open(place.c_str(), nullptr, out); });
  const auto labels = static_cast<int64_t>(hspace_classifier_label_count(classifier.get()));
  const at::Tensor images = at::randn({2, 3, 20, 24});
  std::vector<float> expected(2 * labels);
  expect_ok(hspace_classifier_scores(classifier.get(), images.const_data_ptr<float>(), 2, 20, 24,
                                     expected.data(), expected.size()));
  const at::Tensor room = at::empty({2, labels});
  const Exchanged images_in(images), out(room);
  expect_ok(hspace_classifier_scores_dlpack(classifier.get(), images_in.get(), out.get()));
  expect_same(room, tensor(expected));
}

TEST_F(CApiDlpack, TensorsThatDoNotFit) {
  const int64_t timestep = 500;
  hspace_bottleneck* bottleneck = nullptr;
  const auto encode = [&](const DLManagedTensor* x) {
    return hspace_encode_dlpack(model.get(), x, &timestep, 1, HSPACE_AFTER, nullptr, &bottleneck);
  };
  expect_status(HSPACE_ARGUMENT, encode(nullptr), {"x", "NULL"});
  const Exchanged shape(at::zeros({1, 3, 16, 17})), type(at::zeros({1, 3, 16, 16}, at::kLong)),
      dims(at::zeros({3, 16, 16}));
  expect_status(HSPACE_ARGUMENT, encode(shape.get()), {"(1, 3, 16, 16)", "(1, 3, 16, 17)"});
  expect_status(HSPACE_ARGUMENT, encode(type.get()), {"x: expected float32, float64 or bfloat16"});
  expect_status(HSPACE_ARGUMENT, encode(dims.get()), {"(1, 3, 16, 16)", "(3, 16, 16)"});
  Exchanged device(at::zeros({1, 3, 16, 16}));
  device.get()->dl_tensor.device.device_type = kDLMetal;
  expect_status(HSPACE_ARGUMENT, encode(device.get()), {"device"});
  device.get()->dl_tensor.device.device_type = kDLCUDA;
  expect_status(HSPACE_ARGUMENT, encode(device.get()), {"cuda"});
  device.get()->dl_tensor.device.device_type = kDLCPU;
  void* data = device.get()->dl_tensor.data;
  device.get()->dl_tensor.data = nullptr;
  expect_status(HSPACE_ARGUMENT, encode(device.get()), {"data"});
  device.get()->dl_tensor.data = data;
  EXPECT_EQ(bottleneck, nullptr);
}

// LibTorch ends the process for these.
TEST_F(CApiDlpack, StridesThatLeadAstray) {
  const int64_t timestep = 500;
  hspace_bottleneck* bottleneck = nullptr;
  const Exchanged x(at::zeros({1, 3, 16, 16}));
  int64_t shape[] = {1, 3, 16, 16}, strides[] = {768, 256, 16, 1};
  x.get()->dl_tensor.shape = shape;
  x.get()->dl_tensor.strides = strides;
  const auto refused = [&](const std::vector<std::string>& parts) {
    expect_status(HSPACE_ARGUMENT,
                  hspace_encode_dlpack(model.get(), x.get(), &timestep, 1, HSPACE_AFTER, nullptr,
                                       &bottleneck),
                  parts);
  };
  strides[3] = -1;
  refused({"x: expected strides of at least 0, found -1"});
  strides[3] = INT64_MAX / 2;
  refused({"x: its strides reach beyond"});
  strides[3] = INT64_MAX / 20;
  refused({"x: its strides reach beyond"});
  strides[3] = 1;
  shape[2] = shape[3] = INT64_MAX;
  refused({"x: its shape holds more"});
}

}  // namespace
}  // namespace hspace::test
