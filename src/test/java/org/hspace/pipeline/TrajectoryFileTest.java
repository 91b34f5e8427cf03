package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrajectoryFileTest {
  private static final SamplingOptions OPTIONS = SamplingOptions.DEFAULT.withSteps(4).withBatch(2);
  private static final long[] SEEDS = {5, 6, 7};

  @TempDir Path directory;

  @Test
  void readsWhatItWrote() {
    Path file = directory.resolve("t.safetensors");
    try (Model model = TinyModel.open(DType.FLOAT32);
        Trajectory written = new Sampler(model).sample(SEEDS, OPTIONS, Progress.NONE)) {
      written.save(file);
      try (Trajectory read = Trajectory.open(file, model)) {
        assertTrue(read.xT().equal(written.xT()));
        assertTrue(read.z().equal(written.z()));
        assertTrue(read.h().equal(written.h()));
        assertTrue(read.x0().equal(written.x0()));
        assertArrayEquals(written.lattice().timesteps(), read.lattice().timesteps());
        assertArrayEquals(written.lattice().alphaBar(), read.lattice().alphaBar());
        assertEquals(written.provenance(), read.provenance());
        assertEquals(List.of(5L, 6L, 7L), read.provenance().seeds());
        assertEquals(model.hash(), read.provenance().modelHash());
      }
    }
  }

  @Test
  void streamedEqualsWhole() throws IOException {
    Path streamed = directory.resolve("s.safetensors");
    Path whole = directory.resolve("w.safetensors");
    try (Model model = TinyModel.open(DType.FLOAT32);
        Trajectory sample = new Sampler(model).sample(SEEDS, OPTIONS, Progress.NONE);
        TrajectoryFile.Writer writer =
            new TrajectoryFile.Writer(
                streamed, SEEDS.length, Provenance.ofSamples(model, OPTIONS, SEEDS))) {
      sample.save(whole);
      new Sampler(model).stream(SEEDS, OPTIONS, writer::append, Progress.NONE);
      writer.finish();
    }
    assertArrayEquals(Files.readAllBytes(whole), Files.readAllBytes(streamed));
  }

  @Test
  void anUnfinishedFileLeavesNothing() throws IOException {
    try (Model model = TinyModel.open(DType.FLOAT32);
        Trajectory sample = new Sampler(model).sample(SEEDS, OPTIONS, Progress.NONE);
        TrajectoryFile.Writer writer =
            new TrajectoryFile.Writer(directory.resolve("u.safetensors"), 5, sample.provenance())) {
      writer.append(sample);
      assertThrows(HspaceException.class, writer::finish, "two rows are missing");
    }
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void noiselessTrajectoriesHaveNoZ() {
    Path file = directory.resolve("ddim.safetensors");
    try (Model model = TinyModel.open(DType.FLOAT32);
        Trajectory written =
            new Sampler(model)
                .sample(
                    SEEDS, OPTIONS.withEta(EtaSchedule.DDIM).withRecordH(false), Progress.NONE)) {
      written.save(file);
      try (Trajectory read = Trajectory.open(file, model)) {
        assertNull(read.z());
        assertNull(read.h());
      }
    }
  }

  @Test
  void anotherModelIsRefusedWithBothHashes() throws IOException {
    Path file = directory.resolve("t.safetensors");
    Path other = TinyModel.copy(TinyModel.DIRECTORY, directory.resolve("other"));
    Path config = other.resolve("unet/config.json");
    Files.writeString(config, Files.readString(config).replace("1e-05", "1e-06"));
    try (Model model = TinyModel.open(DType.FLOAT32);
        Model foreign = Model.open(other, ModelOptions.DEFAULT);
        Trajectory written = new Sampler(model).sample(SEEDS, OPTIONS, Progress.NONE)) {
      written.save(file);
      String message = failure(file, foreign);
      assertTrue(message.contains(model.hash()) && message.contains(foreign.hash()), message);
    }
  }

  @Test
  void anotherNoiseScheduleIsRefused() throws IOException {
    Path file = directory.resolve("t.safetensors");
    Path other = TinyModel.copy(TinyModel.DIRECTORY, directory.resolve("other"));
    Path config = other.resolve("scheduler/scheduler_config.json");
    Files.writeString(config, Files.readString(config).replace("0.02", "0.03"));
    try (Model model = TinyModel.open(DType.FLOAT32);
        Model foreign = Model.open(other, ModelOptions.DEFAULT);
        Trajectory written = new Sampler(model).sample(SEEDS, OPTIONS, Progress.NONE)) {
      written.save(file);
      assertTrue(failure(file, foreign).contains("noise schedule"));
    }
  }

  @Test
  void otherFilesAreRefused() {
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      Path weights = TinyModel.DIRECTORY.resolve("unet/diffusion_pytorch_model.safetensors");
      assertTrue(failure(weights, model).contains("expected a trajectory file"));
      assertTrue(
          failure(directory.resolve("none.safetensors"), model).contains("none.safetensors"));
    }
  }

  @Test
  void missingNoiseAndWrongShapesAreNamed() {
    Path file = directory.resolve("t.safetensors");
    try (Model model = TinyModel.open(DType.FLOAT32);
        Trajectory sample = new Sampler(model).sample(SEEDS, OPTIONS, Progress.NONE);
        PointerScope scope = new PointerScope()) {
      new Trajectory(sample.xT(), null, null, sample.x0(), sample.lattice(), sample.provenance())
          .save(file);
      assertTrue(failure(file, model).contains("expected a tensor z"));
      Tensor narrow = sample.z().narrow(1, 0, 3);
      new Trajectory(sample.xT(), narrow, null, sample.x0(), sample.lattice(), sample.provenance())
          .save(file);
      String message = failure(file, model);
      assertTrue(
          message.contains("[3, 4, 3, 16, 16]") && message.contains("[3, 3, 3, 16, 16]"), message);
    }
  }

  private static String failure(Path file, Model model) {
    return assertThrows(HspaceException.class, () -> Trajectory.open(file, model).close())
        .getMessage();
  }
}
