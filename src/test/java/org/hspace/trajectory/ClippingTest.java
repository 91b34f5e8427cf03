package org.hspace.trajectory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.model.DType;
import org.hspace.model.HSpace;
import org.hspace.model.Model;
import org.hspace.model.ModelOptions;
import org.hspace.model.SchedulerConfig;
import org.hspace.model.TinyModel;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.RuntimeOptions;
import org.hspace.nativelib.TensorFile;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.EtaSchedule;
import org.hspace.schedule.Lattice;
import org.hspace.schedule.NoiseSchedule;
import org.hspace.schedule.PredictionType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sampling with predictions clipped as the scheduler says, against diffusers. */
class ClippingTest {
  private static final SamplingOptions OPTIONS =
      SamplingOptions.DEFAULT.withSteps(4).withClip(true);

  @TempDir Path directory;

  private static Model ddim() {
    NativeRuntime.configure(RuntimeOptions.HOST.withThreads(1));
    return Model.open(TinyModel.GOLDEN.resolve("ddim-pipeline"), ModelOptions.DEFAULT);
  }

  /** The figures of diffusers' own test of its DDIMPipeline: the last corner of blue, in [0, 1]. */
  @Test
  void reproducesThePipelineTestOfDiffusers() {
    double[] expected = {0, .9979, 0, .9999, .9986, .9991, 7.106e-4, 0, 0};
    SamplingOptions options =
        SamplingOptions.DEFAULT
            .withSteps(2)
            .withEta(EtaSchedule.DDIM)
            .withReferenceSeeds(true)
            .withClip(true);
    try (Model model = ddim();
        PointerScope scope = new PointerScope()) {
      for (boolean clip : new boolean[] {true, false}) {
        try (Trajectory found =
            new Sampler(model).sample(new long[] {0}, options.withClip(clip), Progress.NONE)) {
          Tensor corner = found.x0().select(0, 0).select(0, 2).narrow(0, 5, 3).narrow(1, 5, 3);
          double[] blue = Tensors.doubles(corner.contiguous());
          double largest = 0;
          for (int i = 0; i < 9; i++) {
            double level = Math.min(1, Math.max(0, blue[i] / 2 + 0.5));
            largest = Math.max(largest, Math.abs(level - expected[i]));
          }
          assertEquals(clip, largest < 1e-3, "differs by " + largest);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ddim_clamp, DDIMScheduler, 0.5",
    "ddim_dynamic, DDIMScheduler, 0.5",
    "ddpm_clamp, DDPMScheduler, 1",
    "ddpm_dynamic, DDPMScheduler, 1"
  })
  void stepsEqualDiffusers(String name, String type, double eta) throws IOException {
    String clipping =
        name.endsWith("clamp")
            ? "\"clip_sample_range\": 0.8"
            : "\"thresholding\": true, \"dynamic_thresholding_ratio\": 0.9, \"sample_max_value\": 1.5";
    Path file = directory.resolve("scheduler_config.json");
    Files.writeString(file, "{\"_class_name\": \"" + type + "\", " + clipping + "}");
    SchedulerConfig config = SchedulerConfig.load(file);
    Lattice lattice = NoiseSchedule.of(config).lattice(10);
    assertEquals(300, lattice.timesteps()[6]);
    Step step = Step.of(lattice, 6, eta, PredictionType.EPSILON, config.clipping());
    try (TensorFile golden = TensorFile.open(TinyModel.GOLDEN.resolve("clipping.safetensors"));
        PointerScope scope = new PointerScope()) {
      Tensor x = golden.tensor("x");
      Tensor output = golden.tensor("output");
      // diffusers keeps its coefficients in float32.
      assertTrue(
          SamplerTest.relativeError(golden.tensor(name), step.mean(x, output, output)) < 1e-6);
      Step plain = Step.of(lattice, 6, eta, PredictionType.EPSILON, null);
      assertTrue(
          SamplerTest.relativeError(golden.tensor(name), plain.mean(x, output, output)) > 1e-2);
    }
  }

  /** From a file too; and it is another trajectory than without. */
  @ParameterizedTest
  @ValueSource(strings = {"0", "1"})
  void clippedTrajectoriesReplayClipped(String eta) {
    Path file = directory.resolve("t.safetensors");
    SamplingOptions options = OPTIONS.withEta(EtaSchedule.parse(eta));
    try (Model model = ddim();
        PointerScope scope = new PointerScope()) {
      Sampler sampler = new Sampler(model);
      try (Trajectory clipped = sampler.sample(new long[] {3}, options, Progress.NONE);
          Trajectory plain =
              sampler.sample(new long[] {3}, options.withClip(false), Progress.NONE)) {
        assertFalse(clipped.x0().equal(plain.x0()));
        assertEquals(null, plain.provenance().clipping());
        clipped.save(file);
        try (Trajectory read = Trajectory.open(file, model)) {
          assertEquals(model.schedulerConfig().clipping(), read.provenance().clipping());
          Tensor again =
              sampler.decode(read, new int[] {0}, Injection.NONE, HSpace.AFTER, 1, Progress.NONE);
          assertTrue(again.equal(clipped.x0()));
        }
      }
    }
  }

  @Test
  void aSchedulerThatClipsNothingIsNamed() {
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      String message =
          assertThrows(
                  HspaceException.class,
                  () -> new Sampler(model).sample(new long[] {0}, OPTIONS, Progress.NONE))
              .getMessage();
      assertTrue(message.contains("scheduler_config.json"), message);
    }
  }
}
