package org.hspace.directions;

import static org.bytedeco.pytorch.global.torch.linalg_pinv;
import static org.bytedeco.pytorch.global.torch.linalg_svd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GlobalPcaTest {
  private static final int N = 20;
  private static final int STEPS = 3;
  private static final PcaOptions OPTIONS =
      PcaOptions.DEFAULT
          .withComponents(4)
          .withSamples(N)
          .withFirstSeed(100)
          .withSampling(SamplingOptions.DEFAULT.withSteps(STEPS).withBatch(6));

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(PcaScope.class)
  void equalsADenseSvdOfTheSameSamples(PcaScope scope) {
    // 20 samples span 19 dimensions: with a capacity of 24 the incremental analysis is exact.
    PcaOptions options =
        new PcaOptions(
            N, 100, 4, 20, scope, PcaRotation.NONE, 1, OPTIONS.sampling(), null, Duration.ZERO);
    long[] seeds = LongStream.range(100, 100 + N).toArray();
    try (Model model = TinyModel.open(DType.FLOAT32);
        PointerScope pointers = new PointerScope();
        DirectionSet found = new GlobalPca(model).run(options, Progress.NONE);
        Trajectory samples = new Sampler(model).sample(seeds, OPTIONS.sampling(), Progress.NONE)) {
      int groups = scope == PcaScope.TIMESTEP ? STEPS : 1;
      Tensor h = samples.h().to(ScalarType.Double).reshape(N, groups, -1); // (N, G, D)
      Tensor directions =
          found.directions().to(ScalarType.Double).reshape(4, groups, -1); // (k, G, D)
      for (int g = 0; g < groups; g++) {
        Tensor rows = h.select(1, g).sub(h.select(1, g).mean(0));
        var svd = linalg_svd(rows, false, null);
        double[] s = Tensors.doubles(svd.get1());
        double total = rows.square().sum().item_double();
        double[] ratio =
            Tensors.doubles(found.figures().get("explained_variance_ratio").select(0, g));
        for (int i = 0; i < 4; i++) {
          Tensor direction = directions.select(0, i).select(0, g);
          double deviation = s[i] / Math.sqrt(N - 1.0);
          assertEquals(deviation, direction.norm().item_double(), 1e-5 * deviation, "unit: one sd");
          double along = direction.dot(svd.get2().select(0, i)).item_double();
          assertEquals(deviation, Math.abs(along), 1e-4 * deviation);
          assertEquals(s[i] * s[i] / total, ratio[i], 1e-6);
        }
      }
      assertEquals("pc3", found.names().get(3));
      assertEquals(scope.id(), found.provenance().details().get("scope"));
      assertArrayEquals(samples.lattice().timesteps(), found.timesteps());
    }
  }

  @Test
  void aKilledRunContinuesToTheSameBits() throws Exception {
    Path checkpoint = directory.resolve("pca.checkpoint");
    PcaOptions options = OPTIONS.withCheckpoint(checkpoint, Duration.ZERO);
    try (Model model = TinyModel.open(DType.FLOAT32);
        PointerScope pointers = new PointerScope();
        DirectionSet whole = new GlobalPca(model).run(OPTIONS, Progress.NONE)) {
      Progress kill =
          (done, total, unit) -> {
            if (done >= 18) throw new IllegalStateException("killed");
          };
      assertThrows(IllegalStateException.class, () -> new GlobalPca(model).run(options, kill));
      assertTrue(Files.exists(checkpoint));
      long[] first = {-1};
      Progress watch =
          (done, total, unit) -> {
            if (first[0] < 0) first[0] = done;
          };
      try (DirectionSet resumed = new GlobalPca(model).run(options, watch)) {
        assertEquals(18, first[0], "three batches of six were saved");
        assertTrue(resumed.directions().equal(whole.directions()));
        for (String name : whole.figures().keySet()) {
          assertTrue(resumed.figures().get(name).equal(whole.figures().get(name)), name);
        }
      }
      PcaOptions other = options.withComponents(3);
      String message =
          assertThrows(HspaceException.class, () -> new GlobalPca(model).run(other, Progress.NONE))
              .getMessage();
      assertTrue(
          message.contains("of another run") && message.contains("components there 4, here 3"),
          message);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = PcaRotation.class,
      names = {"ICA", "VARIMAX"})
  void rotatedComponentsSpanTheSameAndVaryByThemselves(PcaRotation rotation) {
    PcaOptions options = OPTIONS.withRotation(rotation);
    long[] seeds = LongStream.range(100, 100 + N).toArray();
    try (Model model = TinyModel.open(DType.FLOAT64);
        PointerScope pointers = new PointerScope();
        DirectionSet plain =
            new GlobalPca(model).run(OPTIONS.withScope(PcaScope.TRAJECTORY), Progress.NONE);
        DirectionSet found = new GlobalPca(model).run(options, Progress.NONE);
        Trajectory samples = new Sampler(model).sample(seeds, OPTIONS.sampling(), Progress.NONE)) {
      assertEquals(rotation.prefix() + "3", found.names().get(3));
      assertEquals(rotation.id(), found.provenance().details().get("rotation"));
      Tensor h = samples.h().sub(found.figures().get("mean")).reshape(N, -1); // (N, D)
      Tensor inverse = linalg_pinv(found.directions().reshape(4, -1)); // (D, k)
      Tensor coordinates = h.matmul(inverse); // (N, k)
      double[] covariance =
          Tensors.doubles(Tensors.times(coordinates.t().matmul(coordinates), 1.0 / N));
      for (int i = 0; i < 16; i++) {
        assertEquals(i % 5 == 0 ? 1 : 0, covariance[i], 1e-6, "white " + i);
      }
      Tensor components = plain.directions().reshape(4, -1); // (k, D)
      Tensor outside =
          components.sub(components.matmul(inverse).matmul(found.directions().reshape(4, -1)));
      assertTrue(outside.norm().item_double() < 1e-6 * components.norm().item_double());
      // The variance that the truncated first pass sees is a little less than that of the scores.
      assertEquals(
          plain.figures().get("explained_variance").sum().item_double(),
          found.figures().get("explained_variance").sum().item_double(),
          0.1 * plain.figures().get("explained_variance").sum().item_double());
    }
  }

  @Test
  void aKilledRotationContinuesToTheSameBits() {
    Path checkpoint = directory.resolve("ica.checkpoint");
    PcaOptions options = OPTIONS.withRotation(PcaRotation.ICA);
    try (Model model = TinyModel.open(DType.FLOAT32);
        PointerScope pointers = new PointerScope();
        DirectionSet whole = new GlobalPca(model).run(options, Progress.NONE)) {
      PcaOptions saved = options.withCheckpoint(checkpoint, Duration.ZERO);
      Progress kill =
          (done, total, unit) -> {
            if (done >= N + 18) throw new IllegalStateException("killed");
          };
      assertThrows(IllegalStateException.class, () -> new GlobalPca(model).run(saved, kill));
      List<Long> seen = new ArrayList<>();
      Progress watch = (done, total, unit) -> seen.add(done);
      try (DirectionSet resumed = new GlobalPca(model).run(saved, watch)) {
        assertEquals(List.of((long) N, N + 18L, N + 20L), seen);
        assertTrue(resumed.directions().equal(whole.directions()));
      }
      PcaOptions each = options.withScope(PcaScope.TIMESTEP);
      assertThrows(HspaceException.class, () -> new GlobalPca(model).run(each, Progress.NONE));
    }
  }

  @Test
  void moreComponentsThanSamplesOrDimensionsAreNamed() {
    assertThrows(HspaceException.class, () -> OPTIONS.withComponents(N));
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      PcaOptions tooMany = OPTIONS.withSamples(1000).withComponents(300);
      String message =
          assertThrows(
                  HspaceException.class, () -> new GlobalPca(model).run(tooMany, Progress.NONE))
              .getMessage();
      assertTrue(message.contains("at most 256"), message);
    }
  }
}
