package org.hspace.directions;

import static org.bytedeco.pytorch.global.torch.eye;
import static org.bytedeco.pytorch.global.torch.linalg_svd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.Rounding;
import org.hspace.image.MaskFile;
import org.hspace.linalg.SvdOptions;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Bottleneck;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.InjectInto;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Image-specific directions against a dense SVD of the matrix that LibTorch's own forward mode
 * gives.
 */
class JacobianDirectionsTest {
  private static final int STEPS = 2;
  private static final int K = 3;

  private Model model;
  private PointerScope scope;

  @BeforeEach
  void open() {
    model = TinyModel.open(DType.FLOAT64);
    scope = new PointerScope();
  }

  @AfterEach
  void close() {
    scope.close();
    model.close();
  }

  private Trajectory trajectory(HSpace point) {
    SamplingOptions options =
        SamplingOptions.DEFAULT.withSteps(STEPS).withHSpace(point).withRecordH(false);
    return new Sampler(model).sample(new long[] {5}, options, Progress.NONE);
  }

  private static JacobianOptions options(boolean krylov, Tensor mask, int... steps) {
    return new JacobianOptions(
        new SvdOptions(K, 1e-9, 20_000, 0, 0),
        krylov,
        steps,
        mask,
        mask == null ? null : "mask",
        0,
        InjectInto.BOTH,
        1L << 30);
  }

  /** Jᵀ (c·h·w, C, H, W) at one step of a trajectory, a tangent for each entry of h. */
  private Tensor dense(Trajectory trajectory, int step, HSpace point) {
    Tensor states = new Sampler(model).states(trajectory, 0, trajectory.steps()); // (T, C, H, W)
    Tensor t = Tensors.of((long) trajectory.lattice().timesteps()[step]);
    try (Bottleneck bottleneck = model.unet().encode(states.narrow(0, step, 1), t, point)) {
      long[] h = Tensors.shape(bottleneck.h()); // (1, c, h, w)
      long size = h[1] * h[2] * h[3];
      Tensor basis = eye(size, Tensors.options(ScalarType.Double)).view(size, h[1], h[2], h[3]);
      return model.unet().autogradJvp(bottleneck, basis);
    }
  }

  /** Largest sine of the angles between the spans of two orthonormal sets of rows (k, d). */
  private static double sine(Tensor a, Tensor b) {
    Tensor outside = a.sub(a.matmul(b.transpose(0, 1)).matmul(b));
    return linalg_svd(outside).get1().max().item_double();
  }

  @ParameterizedTest
  @EnumSource(HSpace.class)
  void agreesWithTheDenseSvdMaskedAndNot(HSpace point) {
    Tensor[] masks = {null, MaskFile.read("3,5,8,6", 16, 16).to(ScalarType.Double)};
    try (Trajectory trajectory = trajectory(point)) {
      int step = 1;
      Tensor transposed = dense(trajectory, step, point);
      for (Tensor mask : masks) {
        Tensor matrix =
            (mask == null ? transposed : transposed.mul(mask)).flatten(1, -1); // (c·h·w, C·H·W)
        var oracle = linalg_svd(matrix, false, new org.bytedeco.pytorch.StringViewOptional());
        double[] sigma = Tensors.doubles(oracle.get1().narrow(0, 0, K));
        Tensor right =
            oracle.get0().transpose(0, 1).narrow(0, 0, K); // of Jᵀ's left vectors (k, c·h·w)
        Tensor left = oracle.get2().narrow(0, 0, K); // (k, C·H·W)
        // Power iteration is slow: one point has to do.
        for (boolean krylov :
            point == HSpace.BEFORE ? new boolean[] {true, false} : new boolean[] {true}) {
          try (DirectionSet found =
              new JacobianDirections(model)
                  .run(trajectory, 0, options(krylov, mask, step), Progress.NONE)) {
            String what = point + ", mask " + (mask != null) + ", krylov " + krylov;
            double[] values = Tensors.doubles(found.figures().get("singular_values"));
            for (int i = 0; i < K; i++) assertEquals(sigma[i], values[i], 1e-8 * sigma[0], what);
            Tensor v =
                found.figures().get("right_vectors").select(0, 0).flatten(1, -1); // (k, c·h·w)
            Tensor u =
                found.figures().get("left_vectors").select(0, 0).flatten(1, -1); // (k, C·H·W)
            assertTrue(sine(v, right) < 1e-6, what + ": sine " + sine(v, right));
            assertTrue(sine(u, left) < 1e-6, what + ": sine " + sine(u, left));
            double products = found.figures().get("products").max().item_double();
            assertTrue(
                found.figures().get("orthogonality").max().item_double()
                    < Rounding.float64((long) (768 * products), 1), // 3 x 16 x 16 entries each
                what);
            assertArrayEquals(
                new long[] {1, 1, 1}, Tensors.longs(found.figures().get("converged")), what);
          }
        }
      }
    }
  }

  @Test
  void directionsAreVectorsTimesTheirSingularValuesAtAllTimesteps() {
    try (Trajectory trajectory = trajectory(HSpace.AFTER);
        DirectionSet found =
            new JacobianDirections(model)
                .run(trajectory, 0, options(true, null, 1, 0), Progress.NONE)) {
      int[] t = trajectory.lattice().timesteps();
      assertEquals(2 * K, found.size());
      assertArrayEquals(new long[] {t[0], t[1]}, Tensors.longs(found.figures().get("found_at")));
      double[] sigma = Tensors.doubles(found.figures().get("singular_values")); // (2, k)
      try (Direction second = found.get("1@" + t[1])) {
        Tensor vector = found.figures().get("right_vectors").select(0, 1).select(0, 1); // (c, h, w)
        for (int step = 0; step < STEPS; step++) {
          Tensor difference =
              second.onLattice(t).select(0, step).sub(Tensors.times(vector, sigma[K + 1]));
          // One product; interpolation at its own timesteps adds at most two operations.
          assertEquals(0, difference.abs().max().item_double(), Rounding.float64(3, sigma[K + 1]));
        }
      }
    }
  }

  @Test
  void aSmallMemoryTakesTimestepsInTurnsToTheSameVectors() {
    try (Trajectory trajectory = trajectory(HSpace.AFTER)) {
      JacobianOptions roomy = options(true, null, 0, 1);
      HspaceException none =
          assertThrows(
              HspaceException.class,
              () ->
                  new JacobianDirections(model)
                      .run(trajectory, 0, memory(roomy, 1), Progress.NONE));
      Matcher least =
          Pattern.compile("memory: expected at least (\\d+) bytes").matcher(none.getMessage());
      assertTrue(least.find(), none.getMessage());
      JacobianOptions tight = memory(roomy, Long.parseLong(least.group(1))); // one timestep a turn
      try (DirectionSet together =
              new JacobianDirections(model).run(trajectory, 0, roomy, Progress.NONE);
          DirectionSet inTurns =
              new JacobianDirections(model).run(trajectory, 0, tight, Progress.NONE)) {
        double largest = together.figures().get("singular_values").max().item_double();
        assertArrayEquals(
            Tensors.doubles(together.figures().get("singular_values")),
            Tensors.doubles(inTurns.figures().get("singular_values")),
            // Either stops where its residual is below the tolerance, not after the same products.
            2 * roomy.svd().tolerance() * largest);
      }
    }
  }

  private static JacobianOptions memory(JacobianOptions options, long bytes) {
    return new JacobianOptions(
        options.svd(), true, options.stepIndices(), null, null, 0, InjectInto.BOTH, bytes);
  }

  @Test
  void listenersHearOfTimestepsAndEndTheComputation() {
    try (Trajectory trajectory = trajectory(HSpace.AFTER)) {
      JacobianDirections directions = new JacobianDirections(model);
      List<Long> heard = new ArrayList<>();
      directions
          .run(
              trajectory,
              0,
              options(true, null, 0, 1),
              (done, total, unit) -> {
                assertEquals(2, total);
                assertEquals("steps", unit);
                heard.add(done);
              })
          .close();
      assertEquals(2, heard.get(heard.size() - 1));
      Progress hasty =
          new Progress() {
            @Override
            public void update(long done, long total, String unit) {}

            @Override
            public boolean cancelled() {
              return true;
            }
          };
      assertThrows(
          CancellationException.class,
          () -> directions.run(trajectory, 0, options(true, null, 0), hasty));
      for (Throwable thrown : List.of(new IllegalStateException("mine"), new AssertionError())) {
        Progress failing =
            (done, total, unit) -> {
              if (thrown instanceof Error error) throw error;
              throw (RuntimeException) thrown;
            };
        Throwable found =
            assertThrows(
                Throwable.class,
                () -> directions.run(trajectory, 0, options(true, null, 0), failing));
        assertSame(thrown, found);
      }
    }
  }

  @Test
  void misfitsAreNamed() {
    try (Trajectory trajectory = trajectory(HSpace.AFTER)) {
      JacobianDirections directions = new JacobianDirections(model);
      Tensor small = Tensors.zeros(ScalarType.Double, 1, 1, 8, 16);
      contains(
          () -> directions.run(trajectory, 0, options(true, small, 0), Progress.NONE),
          "16 x 16",
          "16 x 8");
      contains(
          () -> directions.run(trajectory, 1, options(true, null, 0), Progress.NONE),
          "row",
          "0 to 0");
      contains(
          () -> directions.run(trajectory, 0, options(true, null, 2), Progress.NONE),
          "0 to 1",
          "found 2");
      JacobianOptions many =
          new JacobianOptions(
              SvdOptions.of(257), true, null, null, null, 0, InjectInto.BOTH, 1L << 30);
      contains(
          () -> directions.run(trajectory, 0, many, Progress.NONE),
          "vectors",
          "at most 256",
          "257");
      contains(() -> new SvdOptions(1, 0, 1, 0, 0).check(), "tolerance", "above 0");
    }
  }

  private static void contains(org.junit.jupiter.api.function.Executable action, String... parts) {
    String message = assertThrows(HspaceException.class, action).getMessage();
    for (String part : parts) assertTrue(message.contains(part), message);
  }
}
