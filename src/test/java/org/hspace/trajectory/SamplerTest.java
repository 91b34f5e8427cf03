package org.hspace.trajectory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.Rounding;
import org.hspace.model.DType;
import org.hspace.model.HSpace;
import org.hspace.model.Model;
import org.hspace.model.TinyModel;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.TensorFile;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.EtaSchedule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplerTest {
  private static final long[] GOLDEN_SEEDS = {0, 1, 7};
  private static final SamplingOptions OPTIONS = SamplingOptions.DEFAULT.withSteps(5).withBatch(4);

  private PointerScope scope;

  @BeforeEach
  void open() {
    scope = new PointerScope();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  static double relativeError(Tensor expected, Tensor found) {
    return found.sub(expected).abs().max().div(expected.abs().max()).item_double();
  }

  /**
   * The same numbers of the generator went through Box and Muller's √(-2 ln u) cos 2πv in float32,
   * whose functions LibTorch takes from other sources on other processors. The root is at most √(48
   * ln 2) = 5.8; each function errs by up to four units, the argument of the cosine by 2π.
   */
  private static void assertSameNoise(Tensor expected, Tensor found) {
    assertEquals(expected.numel(), found.numel());
    double difference = found.sub(expected).abs().max().item_double();
    assertTrue(difference <= Rounding.float32(4 + 4 + 4 + 7, 5.8), "differs by " + difference);
  }

  @ParameterizedTest
  @CsvSource({"FLOAT64, 1e-10", "FLOAT32, 1e-5"})
  void equalsDiffusers(DType dtype, double tolerance) {
    try (Model model = TinyModel.open(dtype);
        TensorFile golden = TensorFile.open(TinyModel.GOLDEN.resolve("sampling.safetensors"))) {
      for (String eta : new String[] {"0", "0.5", "1"}) {
        SamplingOptions options =
            OPTIONS.withReferenceSeeds(true).withEta(EtaSchedule.parse(eta)).withBatch(2);
        try (Trajectory found = new Sampler(model).sample(GOLDEN_SEEDS, options, Progress.NONE)) {
          assertSameNoise(golden.tensor("x_T"), found.xT());
          if (eta.equals("0")) {
            assertNull(found.z());
          } else {
            assertSameNoise(golden.tensor("z"), found.z());
          }
          assertTrue(relativeError(golden.tensor("x_0_" + eta), found.x0()) < tolerance, "x_0");
          assertTrue(relativeError(golden.tensor("h_" + eta), found.h()) < tolerance, "h");
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "symmetric, FLOAT64, 1e-10",
    "asymmetric, FLOAT64, 1e-10",
    "asymmetric, FLOAT32, 1e-5"
  })
  void injectionEqualsDiffusers(String kind, DType dtype, double tolerance) {
    try (Model model = TinyModel.open(dtype);
        TensorFile golden = TensorFile.open(TinyModel.GOLDEN.resolve("sampling.safetensors"))) {
      SamplingOptions options = OPTIONS.withReferenceSeeds(true);
      Sampler sampler = new Sampler(model);
      Tensor delta = golden.tensor("delta"); // (T, c, h, w)
      try (Trajectory plain = sampler.sample(GOLDEN_SEEDS, options, Progress.NONE)) {
        Injection injection =
            new Injection() {
              @Override
              public Tensor deltaH(int step, int first, Tensor h) {
                return delta.narrow(0, step, 1);
              }

              @Override
              public boolean asymmetric() {
                return kind.equals("asymmetric");
              }
            };
        Tensor found =
            sampler.decode(plain, new int[] {0, 1, 2}, injection, HSpace.AFTER, 8, Progress.NONE);
        assertTrue(relativeError(golden.tensor(kind), found) < tolerance, kind);
      }
    }
  }

  @Test
  void noiseDoesNotDependOnTheBatch() {
    long[] seeds = {3, 9, 4, 1, 5};
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      Sampler sampler = new Sampler(model);
      try (Trajectory whole = sampler.sample(seeds, OPTIONS.withBatch(5), Progress.NONE);
          Trajectory parts = sampler.sample(seeds, OPTIONS.withBatch(2), Progress.NONE);
          Trajectory alone = sampler.sample(new long[] {4}, OPTIONS, Progress.NONE)) {
        assertTrue(whole.xT().equal(parts.xT()));
        assertTrue(whole.z().equal(parts.z()));
        assertTrue(relativeError(whole.x0(), parts.x0()) < 1e-5);
        assertTrue(relativeError(whole.h(), parts.h()) < 1e-5);
        assertTrue(whole.xT().narrow(0, 2, 1).equal(alone.xT()));
        assertTrue(whole.z().narrow(0, 2, 1).equal(alone.z()));
        assertTrue(relativeError(whole.x0().narrow(0, 2, 1), alone.x0()) < 1e-5);
      }
    }
  }

  @Test
  void theSameRunTwiceGivesTheSameBits() {
    long[] seeds = {0, 1, 2, 3, 4, 5};
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      Sampler sampler = new Sampler(model);
      try (Trajectory a = sampler.sample(seeds, OPTIONS, Progress.NONE);
          Trajectory b = sampler.sample(seeds, OPTIONS, Progress.NONE)) {
        assertTrue(a.x0().equal(b.x0()));
        assertTrue(a.h().equal(b.h()));
      }
    }
  }

  @Test
  void halfPrecisionStaysNear() {
    SamplingOptions options = OPTIONS.withEta(EtaSchedule.constant(0.5));
    long[] seeds = {1, 2};
    try (Model exact = TinyModel.open(DType.FLOAT32);
        Model half = TinyModel.open(DType.BFLOAT16);
        Trajectory expected = new Sampler(exact).sample(seeds, options, Progress.NONE);
        Trajectory found = new Sampler(half).sample(seeds, options, Progress.NONE)) {
      assertEquals(ScalarType.Float, found.x0().scalar_type().intern());
      assertEquals(ScalarType.Float, found.h().scalar_type().intern());
      assertTrue(found.xT().equal(expected.xT()));
      double psnr = Inverter.psnr(expected.x0(), found.x0())[0];
      assertTrue(psnr > 25 && psnr < 100, "PSNR " + psnr);
    }
  }

  @Test
  void decodingWithoutAnInjectionReturnsTheSample() {
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      Sampler sampler = new Sampler(model);
      SamplingOptions options = OPTIONS.withEta(EtaSchedule.parse("0.7@0.2-0.9")).withBatch(3);
      try (Trajectory sample = sampler.sample(new long[] {1, 2, 3}, options, Progress.NONE)) {
        Tensor again =
            sampler.decode(
                sample, new int[] {0, 1, 2}, Injection.NONE, HSpace.BEFORE, 3, Progress.NONE);
        assertTrue(relativeError(sample.x0(), again) < 1e-6);
        Tensor repeated =
            sampler.decode(
                sample, new int[] {2, 2, 0}, Injection.NONE, HSpace.AFTER, 2, Progress.NONE);
        assertTrue(relativeError(sample.x0().narrow(0, 2, 1), repeated.narrow(0, 1, 1)) < 1e-5);
        assertTrue(relativeError(sample.x0().narrow(0, 0, 1), repeated.narrow(0, 2, 1)) < 1e-5);
      }
    }
  }

  @Test
  void streamsHaveOwnNoisePerSeedAndPurpose() {
    Noise noise = new Noise(false);
    int[] shape = {1, 16, 16};
    Tensor all =
        Tensors.cat(
            List.of(
                noise.xT(0, shape),
                noise.xT(1, shape),
                noise.z(0, 1, shape),
                noise.z(1, 1, shape),
                noise.inversion(0, 1, shape),
                noise.xT(1L << 40, shape),
                noise.xT(-1, shape)),
            0);
    Tensor rows = all.flatten(1, -1); // (7, 256)
    double[] overlaps = Tensors.doubles(rows.matmul(rows.t()));
    for (int i = 0; i < 7; i++) {
      for (int j = 0; j < 7; j++) {
        double correlation = overlaps[7 * i + j] / 256;
        assertEquals(i == j ? 1 : 0, correlation, 0.4, i + " and " + j);
      }
    }
    Tensor referenceZ = new Noise(true).z(0, 1, shape);
    assertTrue(referenceZ.equal(new Noise(true).xT(1, shape)), "the reference's overlap");
  }

  @Test
  void reportsProgressAndBadOptions() {
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      List<Long> done = new ArrayList<>();
      Sampler sampler = new Sampler(model);
      sampler
          .sample(
              new long[] {1, 2, 3},
              OPTIONS.withBatch(2),
              (d, total, unit) -> {
                done.add(d);
                assertEquals(15, total);
              })
          .close();
      assertEquals(List.of(2L, 4L, 6L, 8L, 10L, 11L, 12L, 13L, 14L, 15L), done);
      assertThrows(
          HspaceException.class, () -> sampler.sample(new long[0], OPTIONS, Progress.NONE));
      assertThrows(HspaceException.class, () -> OPTIONS.withSteps(0));
      assertThrows(HspaceException.class, () -> OPTIONS.withBatch(0));
    }
  }

  @Test
  void whatIsDrawnIsWhatSamplesBeginWith() {
    long[] seeds = {3, 5};
    try (Model model = TinyModel.open(DType.FLOAT64)) {
      Sampler sampler = new Sampler(model);
      try (Trajectory sampled = sampler.sample(seeds, OPTIONS, Progress.NONE);
          Trajectory drawn = sampler.draw(seeds, OPTIONS)) {
        assertTrue(drawn.xT().equal(sampled.xT()));
        assertTrue(drawn.z().equal(sampled.z()));
        assertEquals(sampled.provenance(), drawn.provenance());
        assertNull(drawn.h());
        assertThrows(IllegalStateException.class, drawn::x0);
        Tensor images =
            sampler.decode(drawn, new int[] {0, 1}, Injection.NONE, HSpace.AFTER, 2, Progress.NONE);
        assertTrue(sampled.x0().equal(images), "the same start in batches of the same size");
      }
    }
  }

  @Test
  void statesAreWhereStepsBegin() {
    SamplingOptions options = OPTIONS.withEta(EtaSchedule.DDIM);
    try (Model model = TinyModel.open(DType.FLOAT64);
        Trajectory drawn = new Sampler(model).draw(new long[] {4}, options)) {
      Sampler sampler = new Sampler(model);
      Tensor all = sampler.states(drawn, 0, drawn.steps()); // (T, C, H, W)
      assertEquals(drawn.steps(), all.size(0));
      assertTrue(all.narrow(0, 0, 1).equal(drawn.xT()));
      assertTrue(sampler.states(drawn, 0, 1).equal(drawn.xT()));
      assertTrue(sampler.states(drawn, 0, 3).equal(all.narrow(0, 0, 3)));
      // The last step from the last state ends at x_0.
      Denoiser denoiser =
          new Denoiser(model, drawn.lattice(), drawn.provenance().etaValues(), HSpace.AFTER, null);
      int last = drawn.steps() - 1;
      Tensor end = denoiser.next(last, all.narrow(0, last, 1), null, Injection.NONE, 0, null);
      Tensor images =
          sampler.decode(drawn, new int[] {0}, Injection.NONE, HSpace.AFTER, 1, Progress.NONE);
      assertTrue(images.equal(end));
    }
  }
}
