// The C API computes what the C++ API computes, bit for bit.

#include <ATen/TensorOperators.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <fstream>

#include "files/sha256.h"
#include "hspace/classifier.h"
#include "hspace/edit.h"
#include "hspace/inversion.h"
#include "hspace/jacobian.h"
#include "hspace/linearized.h"
#include "test/capi_fixture.h"
#include "test/golden_case.h"
#include "test/golden_directory.h"

namespace hspace::test {
namespace {

using CApi = CApiFixture;

const std::vector<int64_t> kSeeds = {0, 7, 3};

TEST_F(CApi, Models) {
  int64_t shape[3] = {};
  expect_ok(hspace_model_image_shape(model.get(), shape));
  EXPECT_EQ(std::vector<int64_t>(shape, shape + 3), (std::vector<int64_t>{3, 16, 16}));
  expect_ok(hspace_model_h_shape(model.get(), HSPACE_MIDDLE, shape));
  EXPECT_EQ(std::vector<int64_t>(shape, shape + 3), (std::vector<int64_t>{16, 4, 4}));
  char hash[65];
  expect_ok(hspace_model_hash(model.get(), hash));
  EXPECT_EQ(hash, cpp->hash());
  std::vector<int64_t> timesteps(7);
  expect_ok(hspace_model_timesteps(model.get(), timesteps.data(), timesteps.size()));
  EXPECT_EQ(timesteps, cpp->schedule().lattice(7).timesteps);
  EXPECT_EQ(hspace_model_direction_count(model.get()), 2u);
  EXPECT_STREQ(hspace_model_direction_name(model.get(), 0), "down");
  EXPECT_STREQ(hspace_model_direction_name(model.get(), 1), "up");
  ASSERT_EQ(hspace_model_warning_count(model.get()), cpp->warnings().size());
  for (size_t i = 0; i < cpp->warnings().size(); ++i)
    EXPECT_EQ(hspace_model_warning(model.get(), i), cpp->warnings()[i]);
}

TEST_F(CApi, ModelsOfOtherTypes) {
  auto params = defaults(hspace_model_params_init);
  params.type = HSPACE_FLOAT64;
  params.device = "cpu";
  const auto wide = made<OwnedModel>(
      [&](auto out) { return hspace_model_open(directory.c_str(), &params, out); });
  const auto trajectory = made<OwnedTrajectory>(
      [&](auto out) { return hspace_draw(wide.get(), kSeeds.data(), 3, nullptr, out); });
  ModelOptions options;
  options.dtype = at::kDouble;
  const Trajectory expected = Sampler(Model::open(directory, options)).draw(kSeeds, {});
  EXPECT_EQ(expected.x_T().scalar_type(), at::kDouble);
  expect_same(read(trajectory, HSPACE_PART_START), expected.x_T().to(at::kFloat));
}

TEST_F(CApi, Samples) {
  const auto found = sampled(kSeeds);
  const Trajectory expected = sampled_in_cpp(kSeeds);
  EXPECT_EQ(hspace_trajectory_rows(found.get()), 3u);
  EXPECT_EQ(hspace_trajectory_steps(found.get()), 4u);
  expect_same(read(found, HSPACE_PART_START), expected.x_T());
  expect_same(read(found, HSPACE_PART_NOISE), expected.z());
  expect_same(read(found, HSPACE_PART_H), expected.h());
  expect_same(read(found, HSPACE_PART_IMAGES), expected.x_0());
  EXPECT_EQ(hspace_trajectory_provenance(found.get()), expected.provenance().json());
  std::vector<int64_t> timesteps(4);
  expect_ok(hspace_trajectory_timesteps(found.get(), timesteps.data(), 4));
  EXPECT_EQ(timesteps, expected.lattice().timesteps);
}

TEST_F(CApi, SamplingOptions) {
  auto params = defaults(hspace_sample_params_init);
  params.steps = 5;
  params.eta_schedule = "0.5@0.2-0.8";
  params.point = HSPACE_BEFORE;
  params.record_h = 0;
  params.reference_seeds = 1;
  params.batch = 2;
  const auto found = made<OwnedTrajectory>([&](auto out) {
    return hspace_sample(model.get(), kSeeds.data(), 3, &params, nullptr, nullptr, out);
  });
  SamplingOptions options;
  options.steps = 5;
  options.eta = EtaSchedule::parse("0.5@0.2-0.8");
  options.h_space = InjectionPoint::kBefore;
  options.record_h = false;
  options.reference_seeds = true;
  options.batch = 2;
  const Trajectory expected = Sampler(*cpp).sample(kSeeds, options);
  expect_same(read(found, HSPACE_PART_IMAGES), expected.x_0());
  EXPECT_EQ(hspace_trajectory_count(found.get(), HSPACE_PART_H), 0u);
  EXPECT_EQ(hspace_trajectory_provenance(found.get()), expected.provenance().json());
  hspace_point point = -1;
  expect_ok(hspace_trajectory_point(found.get(), &point));
  EXPECT_EQ(point, HSPACE_BEFORE);
  // Noise that each step draws for itself.
  params.reference_seeds = 0;
  params.noise = HSPACE_NOISE_STEPS;
  options.reference_seeds = false;
  options.noise = StepNoise::kSteps;
  const auto stepwise = made<OwnedTrajectory>(
      [&](auto out) { return hspace_draw(model.get(), kSeeds.data(), 3, &params, out); });
  expect_same(read(stepwise, HSPACE_PART_NOISE), Sampler(*cpp).draw(kSeeds, options).z());
  params.reference_seeds = 1;
  // Without noise there is no z.
  params.eta_schedule = nullptr;
  params.eta = 0;
  const auto drawn = made<OwnedTrajectory>(
      [&](auto out) { return hspace_draw(model.get(), kSeeds.data(), 3, &params, out); });
  EXPECT_EQ(hspace_trajectory_count(drawn.get(), HSPACE_PART_NOISE), 0u);
  EXPECT_EQ(hspace_trajectory_count(drawn.get(), HSPACE_PART_IMAGES), 0u);
  expect_same(read(drawn, HSPACE_PART_START), expected.x_T());
}

TEST_F(CApi, Clipping) {
  const std::string folder = pipeline_path("ddim-pipeline");  // its scheduler clips
  const auto clips =
      made<OwnedModel>([&](auto out) { return hspace_model_open(folder.c_str(), nullptr, out); });
  auto params = defaults(hspace_sample_params_init);
  params.steps = 3;
  params.clip = 1;
  const auto found = made<OwnedTrajectory>([&](auto out) {
    return hspace_sample(clips.get(), kSeeds.data(), 3, &params, nullptr, nullptr, out);
  });
  SamplingOptions options;
  options.steps = 3;
  options.clip = true;
  const Model same = Model::open(folder);
  const Trajectory expected = Sampler(same).sample(kSeeds, options);
  expect_same(read(found, HSPACE_PART_IMAGES), expected.x_0());
  options.clip = false;
  EXPECT_FALSE(Sampler(same).sample(kSeeds, options).x_0().equal(expected.x_0()));
}

TEST_F(CApi, Inversions) {
  const at::Tensor images = sampled_in_cpp(kSeeds).x_0().contiguous();
  auto params = defaults(hspace_invert_params_init);
  params.steps = 4;
  params.eta = 1;
  params.seed = 5;
  const char* const names[] = {"a.png", "b.png", "c.png"};
  params.names = names;
  const auto found = made<OwnedTrajectory>([&](auto out) {
    return hspace_invert(model.get(), images.const_data_ptr<float>(), 3, &params, nullptr, nullptr,
                         out);
  });
  InversionOptions options;
  options.steps = 4;
  options.eta = EtaSchedule::constant(1);
  options.seed = 5;
  const Inversion expected = invert(*cpp, images, std::vector<ImageSource>(3), options);
  expect_same(read(found, HSPACE_PART_START), expected.trajectory.x_T());
  expect_same(read(found, HSPACE_PART_NOISE), expected.trajectory.z());
  expect_same(read(found, HSPACE_PART_H), expected.trajectory.h());
  std::vector<double> psnr(3), residual(3);
  expect_ok(hspace_trajectory_psnr(found.get(), psnr.data(), 3));
  expect_ok(hspace_trajectory_residual(found.get(), residual.data(), 3));
  EXPECT_EQ(psnr, expected.psnr);
  EXPECT_EQ(residual, expected.residual);
  const std::string provenance = hspace_trajectory_provenance(found.get());
  EXPECT_NE(provenance.find("\"b.png\""), std::string::npos) << provenance;
}

TEST_F(CApi, TrajectoryFiles) {
  const auto before = sampled(kSeeds);
  const std::string file = path("faces é.safetensors");
  expect_ok(hspace_trajectory_save(before.get(), file.c_str()));
  const auto after = made<OwnedTrajectory>(
      [&](auto out) { return hspace_trajectory_open(model.get(), file.c_str(), out); });
  for (const hspace_part part :
       {HSPACE_PART_START, HSPACE_PART_NOISE, HSPACE_PART_H, HSPACE_PART_IMAGES})
    expect_same(read(after, part), read(before, part));
  EXPECT_STREQ(hspace_trajectory_provenance(after.get()),
               hspace_trajectory_provenance(before.get()));
}

TEST_F(CApi, States) {
  const auto trajectory = sampled(kSeeds);
  std::vector<float> found(3 * kImage);
  expect_ok(
      hspace_trajectory_states(model.get(), trajectory.get(), 1, 3, found.data(), found.size()));
  expect_same(tensor(found), Sampler(*cpp).states(sampled_in_cpp(kSeeds), 1, 3));
}

TEST_F(CApi, Directions) {
  const auto up = direction("up");
  const Direction expected = DirectionSpec::parse("up").resolve(*cpp);
  EXPECT_STREQ(hspace_direction_name(up.get()), "up");
  std::vector<int64_t> timesteps(hspace_direction_steps(up.get()));
  expect_ok(hspace_direction_timesteps(up.get(), timesteps.data(), timesteps.size()));
  EXPECT_EQ(timesteps, expected.timesteps());
  std::vector<float> delta(hspace_direction_count(up.get()));
  expect_ok(hspace_direction_read(up.get(), delta.data(), delta.size()));
  expect_same(tensor(delta), expected.delta());
  double length = 0;
  expect_ok(hspace_direction_norm(up.get(), &length));
  EXPECT_EQ(length, norm(expected));
  hspace_point point = -1;
  expect_ok(hspace_direction_point(up.get(), &point));
  EXPECT_EQ(point, HSPACE_AFTER);
  // By file and number; "up" is the first.
  const auto same = direction(directory + "/directions/own.safetensors:0");
  EXPECT_STREQ(hspace_direction_name(same.get()), "up");
}

TEST_F(CApi, DirectionsOfNumbersAndFiles) {
  const at::Tensor delta = at::randn({2, 16, 4, 4});
  const int64_t timesteps[] = {800, 200};
  const auto own = made<OwnedDirection>([&](auto out) {
    return hspace_direction_create(model.get(), "own", HSPACE_AFTER, delta.const_data_ptr<float>(),
                                   timesteps, 2, out);
  });
  const auto up = direction("up");
  const hspace_direction* const terms[] = {own.get(), up.get()};
  const double factors[] = {2, -0.5};
  const auto sum = made<OwnedDirection>(
      [&](auto out) { return hspace_direction_combine(terms, factors, 2, "sum", out); });
  const Direction expected = combine({Direction("own", delta, {800, 200}, InjectionPoint::kAfter),
                                      DirectionSpec::parse("up").resolve(*cpp)},
                                     {2, -0.5}, "sum");
  std::vector<float> found(hspace_direction_count(sum.get()));
  expect_ok(hspace_direction_read(sum.get(), found.data(), found.size()));
  expect_same(tensor(found), expected.delta());
  const auto renamed =
      made<OwnedDirection>([&](auto out) { return hspace_direction_rename(up.get(), "üp", out); });

  const std::string file = path("all.safetensors");
  const hspace_direction* const all[] = {sum.get(), renamed.get(), own.get()};
  expect_ok(hspace_directions_save(all, 3, file.c_str()));
  size_t count = 0;
  expect_ok(hspace_directions_open(model.get(), file.c_str(), nullptr, 0, &count));
  ASSERT_EQ(count, 3u);
  std::vector<hspace_direction*> opened(4);
  expect_ok(hspace_directions_open(model.get(), file.c_str(), opened.data(), 4, &count));
  EXPECT_EQ(opened[3], nullptr);
  const DirectionSet set = DirectionSet::open(file, *cpp);
  EXPECT_EQ(set.names(), (std::vector<std::string>{"sum", "üp", "own"}));
  for (int64_t k = 0; k < 3; ++k) {
    std::vector<float> read_back(hspace_direction_count(opened[k]));
    expect_ok(hspace_direction_read(opened[k], read_back.data(), read_back.size()));
    expect_same(tensor(read_back), set.get(k).delta());
    hspace_direction_free(opened[k]);
  }
  expect_same(set.get(2).delta(), delta);
}

// Files of older versions name their model by the hash of its files.
TEST_F(CApi, DirectionsOfOldAndNewFilesGoTogether) {
  Sha256 hash;
  for (const char* part : {"/unet/config.json", "/unet/diffusion_pytorch_model.safetensors"}) {
    std::ifstream file(directory + part, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    hash.update(bytes.data(), bytes.size());
  }
  Provenance old = Sampler(*cpp).provenance({0}, {}).of_directions("pca", "{}");
  old.model_hash = hash.finish();
  ASSERT_NE(old.model_hash, cpp->hash());
  const std::string file = path("old.safetensors");
  DirectionSet({"old"}, at::randn({1, 3, 16, 4, 4}), {900, 500, 100}, old).save(file);
  const auto before = direction(file + ":old"), now = direction("up");
  const hspace_direction* const both[] = {before.get(), now.get()};
  const double factors[] = {1, 2};
  const auto sum = made<OwnedDirection>(
      [&](auto out) { return hspace_direction_combine(both, factors, 2, "sum", out); });
  expect_ok(hspace_directions_save(both, 2, path("both.safetensors").c_str()));
  EXPECT_EQ(DirectionSet::open(path("both.safetensors"), *cpp).size(), 2);
}

TEST_F(CApi, EditGrids) {
  const auto trajectory = sampled(kSeeds);
  const auto up = direction("up"), down = direction("down");
  const Direction up_too = DirectionSpec::parse("up").resolve(*cpp);
  const Direction down_too = DirectionSpec::parse("down").resolve(*cpp);
  const hspace_edit_term both[] = {{up.get(), 1.5, 0, 0}, {down.get(), -2, 0.25, 0.75}};
  const hspace_edit_term whole = {up.get(), 1.5, 0, 1};
  const hspace_edit_column columns[] = {{nullptr, 0}, {both, 2}, {both, 1}, {&whole, 1}};
  for (const int32_t asymmetric : {0, 1}) {
    auto params = defaults(hspace_edit_params_init);
    params.asymmetric = asymmetric;
    params.batch = 5;
    std::vector<float> found(3 * 4 * kImage);
    expect_ok(hspace_edit(model.get(), trajectory.get(), columns, 4, &params, nullptr, nullptr,
                          found.data(), found.size()));
    EditOptions options;
    options.asymmetric = asymmetric == 1;
    options.batch = 5;
    const at::Tensor expected =
        edit_grid(*cpp, sampled_in_cpp(kSeeds),
                  {{},
                   {{up_too, 1.5, Window()}, {down_too, -2, Window::of(0.25, 0.75)}},
                   {{up_too, 1.5, Window()}},
                   {{up_too, 1.5, Window()}}},
                  options);
    expect_same(tensor(found), expected);
  }
}

// h-swap (Haas et al., Fig 2a) as an injection of the caller's.
struct Swap {
  at::Tensor h;  // (N, T, c, h, w)
  std::vector<int64_t> donors;

  static int32_t inject(const hspace_step* step, float* delta_h, void* user) {
    const Swap& swap = *static_cast<const Swap*>(user);
    const size_t one = step->count / static_cast<size_t>(step->rows);
    for (int64_t row = 0; row < step->rows; ++row) {
      const at::Tensor wanted = swap.h[swap.donors[step->first + row]][step->step].contiguous();
      for (size_t i = 0; i < one; ++i)
        delta_h[row * one + i] = wanted.const_data_ptr<float>()[i] - step->h[row * one + i];
    }
    return HSPACE_INJECT;
  }
};

TEST_F(CApi, InjectionsOfOnesOwn) {
  const auto trajectory = sampled(kSeeds);
  const Trajectory expected = sampled_in_cpp(kSeeds);
  Swap swap{expected.h(), {2, 0, 1, 0}};
  const int64_t rows[] = {0, 0, 1, 2};
  auto params = defaults(hspace_decode_params_init);
  params.batch = 3;
  std::vector<float> found(4 * kImage);
  expect_ok(hspace_trajectory_decode(model.get(), trajectory.get(), rows, 4, Swap::inject, &swap,
                                     &params, nullptr, nullptr, found.data(), found.size()));
  expect_same(tensor(found), swap_h(*cpp, expected, {0, 0, 1, 2}, swap.donors, 3));
}

// Reads h, and sees every step of every row once.
struct Reader {
  std::vector<int64_t> timesteps;
  std::vector<float> h;  // of the first row
  int32_t answer = HSPACE_LEAVE;

  static int32_t inject(const hspace_step* step, float* delta_h, void* user) {
    Reader& reader = *static_cast<Reader*>(user);
    EXPECT_EQ(step->struct_size, sizeof *step);
    EXPECT_EQ(static_cast<size_t>(step->rows) * kH, step->count);
    for (size_t i = 0; i < step->count; ++i) EXPECT_EQ(delta_h[i], 0);
    if (step->first == 0) {
      reader.timesteps.push_back(step->timestep);
      reader.h.insert(reader.h.end(), step->h, step->h + kH);
    }
    delta_h[0] = 5;  // counts only where it is injected
    return reader.answer;
  }

  static constexpr size_t kH = 16 * 4 * 4;
};

TEST_F(CApi, InjectionsMayOnlyRead) {
  const auto trajectory = sampled(kSeeds);
  const Trajectory expected = sampled_in_cpp(kSeeds);
  Reader reader;
  std::vector<float> found(3 * kImage);
  const auto decode = [&](hspace_injection injection) {
    return hspace_trajectory_decode(model.get(), trajectory.get(), nullptr, 3, injection, &reader,
                                    nullptr, nullptr, nullptr, found.data(), found.size());
  };
  expect_ok(decode(Reader::inject));
  expect_same(tensor(found), expected.x_0());
  EXPECT_EQ(reader.timesteps, expected.lattice().timesteps);
  expect_same(tensor(reader.h), expected.h()[0]);
  expect_ok(decode(nullptr));
  expect_same(tensor(found), expected.x_0());
  reader.answer = HSPACE_INJECT;
  expect_ok(decode(Reader::inject));
  EXPECT_FALSE(tensor(found).equal(expected.x_0().flatten()));
  reader.answer = HSPACE_CANCEL;
  expect_status(HSPACE_CANCELLED, decode(Reader::inject), {"cancelled"});
  reader.answer = 7;
  expect_status(HSPACE_ARGUMENT, decode(Reader::inject), {"injection", "7"});
}

TEST_F(CApi, OneStepOfTheNetwork) {
  const at::Tensor x = at::randn({2, 3, 16, 16}), delta = at::randn({2, 16, 4, 4});
  const int64_t timesteps[] = {900, 100};
  for (const auto& [point, point_too] : {std::pair(HSPACE_AFTER, InjectionPoint::kAfter),
                                         {HSPACE_BEFORE, InjectionPoint::kBefore},
                                         {HSPACE_MIDDLE, InjectionPoint::kMiddle}}) {
    const auto bottleneck = made<OwnedBottleneck>([&, point = point](auto out) {
      return hspace_encode(model.get(), x.const_data_ptr<float>(), timesteps, 2, point, nullptr,
                           out);
    });
    const Bottleneck expected = cpp->unet().encode(x, at::tensor({900, 100}, at::kLong), point_too);
    EXPECT_EQ(hspace_bottleneck_rows(bottleneck.get()), 2u);
    std::vector<float> h(2 * kH), epsilon(2 * kImage);
    expect_ok(hspace_bottleneck_h(bottleneck.get(), h.data(), h.size()));
    expect_same(tensor(h), expected.h);
    expect_ok(hspace_decode(bottleneck.get(), delta.const_data_ptr<float>(), 2, epsilon.data(),
                            epsilon.size()));
    expect_same(tensor(epsilon), cpp->unet().decode(expected, delta));
    expect_ok(hspace_decode(bottleneck.get(), nullptr, 2, epsilon.data(), epsilon.size()));
    expect_same(tensor(epsilon), cpp->unet().decode(expected));
  }
}

TEST_F(CApi, OneEncoderPassServesManyDecoderPasses) {
  const at::Tensor x = at::randn({1, 3, 16, 16}), deltas = at::randn({3, 16, 4, 4});
  const int64_t timestep = 500;
  const auto bottleneck = made<OwnedBottleneck>([&](auto out) {
    return hspace_encode(model.get(), x.const_data_ptr<float>(), &timestep, 1, HSPACE_AFTER,
                         nullptr, out);
  });
  std::vector<float> epsilon(3 * kImage);
  expect_ok(hspace_decode(bottleneck.get(), deltas.const_data_ptr<float>(), 3, epsilon.data(),
                          epsilon.size()));
  const Bottleneck expected =
      cpp->unet().encode(x, at::tensor({500}, at::kLong), InjectionPoint::kAfter);
  expect_same(tensor(epsilon), cpp->unet().decode(expected.expand(3), deltas));
}

TEST_F(CApi, Derivatives) {
  const at::Tensor x = at::randn({2, 3, 16, 16}), mask = at::rand({16, 16});
  const int64_t timesteps[] = {900, 100};
  const auto bottleneck = made<OwnedBottleneck>([&](auto out) {
    return hspace_encode(model.get(), x.const_data_ptr<float>(), timesteps, 2, HSPACE_AFTER,
                         nullptr, out);
  });
  const auto linearized = made<OwnedLinearized>([&](auto out) {
    return hspace_linearize(bottleneck.get(), mask.const_data_ptr<float>(), out);
  });
  const LinearizedDecoder expected(
      cpp->unet(), cpp->unet().encode(x, at::tensor({900, 100}, at::kLong), InjectionPoint::kAfter),
      mask.view({1, 1, 16, 16}));
  const at::Tensor v = at::randn({3, 16, 4, 4}), u = at::randn({3, 3, 16, 16});
  const int64_t rows[] = {1, 0, 1};
  const at::Tensor rows_too = at::tensor({1, 0, 1}, at::kLong);
  std::vector<float> jvp(3 * kImage), vjp(3 * kH);
  expect_ok(
      hspace_jvp(linearized.get(), v.const_data_ptr<float>(), rows, 3, jvp.data(), jvp.size()));
  expect_same(tensor(jvp), expected.jvp(v, rows_too));
  expect_ok(
      hspace_vjp(linearized.get(), u.const_data_ptr<float>(), rows, 3, vjp.data(), vjp.size()));
  expect_same(tensor(vjp), expected.vjp(u, rows_too));
  expect_ok(
      hspace_jvp(linearized.get(), v.const_data_ptr<float>(), nullptr, 3, jvp.data(), jvp.size()));
  expect_same(tensor(jvp), expected.jvp(v, at::tensor({0, 0, 0}, at::kLong)));
}

TEST_F(CApi, SingularVectors) {
  const at::Tensor x = at::randn({2, 3, 16, 16}), mask = at::rand({16, 16}).round();
  const int64_t timesteps[] = {900, 100};
  auto params = defaults(hspace_svd_params_init);
  params.vectors = 3;
  params.tolerance = 1e-2;
  params.seed = 4;
  params.mask = mask.const_data_ptr<float>();
  const auto triplets = made<OwnedTriplets>([&](auto out) {
    return hspace_svd(model.get(), x.const_data_ptr<float>(), timesteps, 2, HSPACE_AFTER, &params,
                      nullptr, nullptr, out);
  });
  JacobianOptions options;
  options.svd.vectors = 3;
  options.svd.tolerance = 1e-2;
  options.svd.seed = 4;
  options.mask = mask.view({1, 1, 16, 16});
  const std::vector<Svd> expected =
      jacobian_singular_vectors(cpp->unet(), x, {900, 100}, InjectionPoint::kAfter, options);
  std::vector<double> values(6), residuals(6);
  std::vector<float> v(6 * kH), u(6 * kImage);
  expect_ok(hspace_triplets_values(triplets.get(), values.data(), 6));
  expect_ok(hspace_triplets_residuals(triplets.get(), residuals.data(), 6));
  expect_ok(hspace_triplets_v(triplets.get(), v.data(), v.size()));
  expect_ok(hspace_triplets_u(triplets.get(), u.data(), u.size()));
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(values[i], expected[i / 3].s[i % 3]);
    EXPECT_EQ(residuals[i], expected[i / 3].residuals[i % 3]);
    EXPECT_LE(residuals[i], 1e-2);
  }
  expect_same(tensor(v), at::stack({expected[0].v, expected[1].v}));
  expect_same(tensor(u), at::stack({expected[0].u, expected[1].u}));
}

TEST_F(CApi, Classifiers) {
  const std::string place = golden_path("classifiers/basic");
  const auto classifier = made<OwnedClassifier>(
      [&](auto out) { return hspace_classifier_open(place.c_str(), nullptr, out); });
  const Classifier expected(place, at::kCPU);
  ASSERT_EQ(hspace_classifier_label_count(classifier.get()), expected.labels().size());
  for (size_t i = 0; i < expected.labels().size(); ++i)
    EXPECT_EQ(hspace_classifier_label(classifier.get(), i), expected.labels()[i]);
  const at::Tensor images = at::rand({2, 3, 20, 24});
  std::vector<float> scores(2 * expected.labels().size());
  expect_ok(hspace_classifier_scores(classifier.get(), images.const_data_ptr<float>(), 2, 20, 24,
                                     scores.data(), scores.size()));
  expect_same(tensor(scores), expected.scores(images));
}

}  // namespace
}  // namespace hspace::test
