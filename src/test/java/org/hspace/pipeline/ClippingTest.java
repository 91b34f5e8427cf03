package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.RuntimeOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sampling with predictions clipped as the scheduler says; against diffusers in C++. */
class ClippingTest {
  private static final SamplingOptions OPTIONS =
      SamplingOptions.DEFAULT.withSteps(4).withClip(true);

  @TempDir Path directory;

  private static Model ddim() {
    NativeRuntime.configure(RuntimeOptions.HOST.withThreads(1));
    return Model.open(TinyModel.GOLDEN.resolve("ddim-pipeline"), ModelOptions.DEFAULT);
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
