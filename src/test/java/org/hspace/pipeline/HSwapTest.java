package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HSwapTest {
  private static double difference(Tensor a, Tensor b) {
    return a.sub(b).abs().max().item_double();
  }

  @ParameterizedTest
  @EnumSource(HSpace.class)
  void withItselfIsTheIdentityAndWithOthersIsNot(HSpace point) {
    SamplingOptions options = SamplingOptions.DEFAULT.withSteps(4).withHSpace(point);
    try (Model model = TinyModel.open(DType.FLOAT64);
        PointerScope scope = new PointerScope();
        Trajectory trajectory =
            new Sampler(model).sample(new long[] {1, 2, 3}, options, Progress.NONE)) {
      int[] rows = {0, 1, 2, 0, 1};
      int[] donors = {0, 1, 2, 1, 0};
      Tensor images;
      try (Images owner = new HSwap(model).run(trajectory, rows, donors, 2, Progress.NONE)) {
        images = owner.tensor();
      }
      for (int row = 0; row < 3; row++) {
        assertTrue(difference(images.select(0, row), trajectory.x0().select(0, row)) < 1e-10);
      }
      assertTrue(difference(images.select(0, 3), images.select(0, 0)) > 1e-3);
      assertTrue(difference(images.select(0, 4), images.select(0, 1)) > 1e-3);
      assertTrue(
          difference(images.select(0, 3), images.select(0, 1)) > 1e-3, "the noise matters too");
    }
  }

  @Test
  void needsRecordedHAndRowsThatAreThere() {
    SamplingOptions options = SamplingOptions.DEFAULT.withSteps(2);
    try (Model model = TinyModel.open(DType.FLOAT32);
        Trajectory recorded = new Sampler(model).sample(new long[] {1}, options, Progress.NONE);
        Trajectory not =
            new Sampler(model).sample(new long[] {1}, options.withRecordH(false), Progress.NONE)) {
      HSwap swap = new HSwap(model);
      int[] first = {0};
      assertTrue(
          message(() -> swap.run(not, first, first, 1, Progress.NONE)).contains("h recorded"));
      assertTrue(
          message(() -> swap.run(recorded, first, new int[] {1}, 1, Progress.NONE))
              .contains("0 to 0"));
    }
  }

  private static String message(org.junit.jupiter.api.function.Executable action) {
    return assertThrows(HspaceException.class, action).getMessage();
  }
}
