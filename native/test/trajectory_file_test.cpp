#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>

#include "hspace/trajectory.h"
#include "test/file_fixture.h"
#include "test/malformed_safetensors.h"
#include "test/tiny_pipeline.h"

namespace hspace {
namespace {

using test::expect_error;
using test::tiny_model;

constexpr int64_t kRows = 3, kSteps = 4;

class TrajectoryFileTest : public test::FileFixture {
 protected:
  // Any numbers, of the right shapes.
  Trajectory made(const Model& model, bool noise = true, bool h = true) const {
    Provenance provenance;
    provenance.model_hash = model.hash();
    provenance.scheduler_hash = model.scheduler().hash();
    provenance.eta = EtaSchedule::constant(noise ? 1 : 0).values(kSteps);
    provenance.seeds = std::vector<int64_t>{5, 6, 7};
    provenance.method = "sample";
    return Trajectory(at::randn({kRows, 3, 16, 16}),
                      noise ? at::randn({kRows, kSteps, 3, 16, 16}) : at::Tensor(),
                      h ? at::randn({kRows, kSteps, 16, 4, 4}) : at::Tensor(),
                      at::randn({kRows, 3, 16, 16}), model.schedule().lattice(kSteps), provenance);
  }

  static Trajectory rows(const Trajectory& all, int64_t first, int64_t count) {
    return Trajectory(all.x_T().narrow(0, first, count), all.z().narrow(0, first, count),
                      all.h().narrow(0, first, count), all.x_0().narrow(0, first, count),
                      all.lattice(), all.provenance());
  }

  ErrorKind refusal(const Model& model, const std::vector<std::string>& parts) const {
    expect_error([&] { Trajectory::open(file_, model); }, parts);
    try {
      Trajectory::open(file_, model);
    } catch (const Error& e) {
      return e.kind();
    }
    return ErrorKind::kArgument;
  }

  const std::string file_ = path("t.safetensors");
};

TEST_F(TrajectoryFileTest, ReadsWhatItWrote) {
  const Model model = tiny_model();
  const Trajectory written = made(model);
  written.save(file_);
  const Trajectory read = Trajectory::open(file_, model);
  EXPECT_EQ(read.rows(), kRows);
  EXPECT_EQ(read.steps(), kSteps);
  EXPECT_TRUE(at::equal(read.x_T(), written.x_T()));
  EXPECT_TRUE(at::equal(read.z(), written.z()));
  EXPECT_TRUE(at::equal(read.h(), written.h()));
  EXPECT_TRUE(at::equal(read.x_0(), written.x_0()));
  EXPECT_EQ(read.lattice().timesteps, written.lattice().timesteps);
  EXPECT_EQ(read.lattice().alpha_bar, written.lattice().alpha_bar);
  EXPECT_EQ(read.lattice().alpha_bar_previous, written.lattice().alpha_bar_previous);
  EXPECT_EQ(read.provenance().json(), written.provenance().json());
  const SafetensorsFile plain(file_);
  EXPECT_EQ(plain.metadata("format"), "hspace-trajectory");
  EXPECT_EQ(plain.metadata("version"), "1");
  EXPECT_EQ(plain.names(), (std::vector<std::string>{"h", "timesteps", "x_0", "x_T", "z"}));
}

TEST_F(TrajectoryFileTest, StreamedEqualsWhole) {
  const Model model = tiny_model();
  const Trajectory whole = made(model);
  whole.save(file_);
  TrajectoryWriter writer(path("s.safetensors"), kRows, whole.provenance());
  writer.append(rows(whole, 0, 2));
  writer.append(rows(whole, 2, 1));
  writer.finish();
  EXPECT_EQ(read_file("s.safetensors"), read_file("t.safetensors"));
}

TEST_F(TrajectoryFileTest, AnUnfinishedFileLeavesNothing) {
  const Model model = tiny_model();
  const Trajectory whole = made(model);
  {
    TrajectoryWriter writer(file_, kRows, whole.provenance());
    writer.append(rows(whole, 0, 2));
    expect_error([&] { writer.finish(); }, {file_, "row 2 of 3"});
    expect_error([&] { writer.append(rows(whole, 1, 2)); }, {file_, "lie outside"});
  }
  EXPECT_TRUE(listing().empty());
}

TEST_F(TrajectoryFileTest, WhatWasOnlyDrawnIsNotWritten) {
  const Model model = tiny_model();
  const Trajectory whole = made(model);
  const Trajectory drawn(whole.x_T(), whole.z(), {}, {}, whole.lattice(), whole.provenance());
  expect_error([&] { drawn.save(file_); }, {"x_0", "only drawn"});
  EXPECT_TRUE(listing().empty());
}

TEST_F(TrajectoryFileTest, NoiselessTrajectoriesHaveNoZ) {
  const Model model = tiny_model();
  made(model, false, false).save(file_);
  const Trajectory read = Trajectory::open(file_, model);
  EXPECT_FALSE(read.z().defined());
  EXPECT_FALSE(read.h().defined());
}

// What it holds stays when the file is replaced or removed.
TEST_F(TrajectoryFileTest, OutlivesItsFile) {
  const Model model = tiny_model();
  const Trajectory written = made(model);
  written.save(file_);
  const Trajectory read = Trajectory::open(file_, model);
  made(model).save(file_);
  std::filesystem::remove(file_);
  EXPECT_TRUE(at::equal(read.z(), written.z()));
}

TEST_F(TrajectoryFileTest, OtherModelsAndSchedulesAreRefused) {
  const Model model = tiny_model();
  made(model).save(file_);
  test::copy_pipeline(path("other"));
  const std::string unet = "other/unet/config.json";
  const std::string config = read_file(unet);
  std::string text = config;
  write_file(unet, text.replace(text.find("1e-05"), 5, "1e-06"));
  const Model foreign = Model::open(path("other"));
  EXPECT_EQ(refusal(foreign, {file_, model.hash(), foreign.hash()}), ErrorKind::kMismatch);

  write_file(unet, config);
  const std::string scheduler = "other/scheduler/scheduler_config.json";
  text = read_file(scheduler);
  write_file(scheduler, text.replace(text.find("0.02"), 4, "0.03"));
  EXPECT_EQ(refusal(Model::open(path("other")), {file_, "noise schedule"}), ErrorKind::kMismatch);
}

TEST_F(TrajectoryFileTest, OtherFilesAreRefused) {
  const Model model = tiny_model();
  EXPECT_EQ(refusal(model, {file_, "No such file"}), ErrorKind::kFile);
  std::filesystem::copy_file(test::pipeline_path("clipping.safetensors"), file_);
  EXPECT_EQ(refusal(model, {file_, "expected a trajectory file", "hspace-trajectory",
                            "found format = nothing"}),
            ErrorKind::kFile);
}

TEST_F(TrajectoryFileTest, MissingNoiseAndWrongShapesAreNamed) {
  const Model model = tiny_model();
  const Trajectory whole = made(model);
  Trajectory(whole.x_T(), {}, {}, whole.x_0(), whole.lattice(), whole.provenance()).save(file_);
  EXPECT_EQ(refusal(model, {"z: expected a tensor z, because eta is above 0, found none"}),
            ErrorKind::kFile);
  Trajectory(whole.x_T(), whole.z().narrow(1, 0, 3), {}, whole.x_0(), whole.lattice(),
             whole.provenance())
      .save(file_);
  refusal(model, {"z: expected shape [3, 4, 3, 16, 16], found [3, 3, 3, 16, 16]"});
}

TEST_F(TrajectoryFileTest, AnythingWrongIsReadOrRefused) {
  const Model model = tiny_model();
  made(model).save(file_);
  test::MalformedSafetensors malformed(file_, [&] { Trajectory::open(file_, model); });
  EXPECT_GT(malformed.read_all(), 200);
}

}  // namespace
}  // namespace hspace
