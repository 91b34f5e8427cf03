package org.hspace.linalg;

import static org.bytedeco.pytorch.global.torch.diag_embed;
import static org.bytedeco.pytorch.global.torch.linalg_qr;
import static org.bytedeco.pytorch.global.torch.linalg_svd;
import static org.bytedeco.pytorch.global.torch.tensor;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.Rounding;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Both solvers against a dense SVD in double precision. */
class SvdSolverTest {
  private static final int PROBLEMS = 3;
  private static final int ROWS = 90;
  private static final int COLUMNS = 60;

  static Stream<SvdSolver> solvers() {
    return Stream.of(new GolubKahan(), new BlockPower());
  }

  /** Matrices (P, m, n) of known singular values, with seeded random singular vectors. */
  private static Tensor matrices(double[]... spectra) {
    Tensor[] all = new Tensor[spectra.length];
    for (int p = 0; p < spectra.length; p++) {
      int r = spectra[p].length;
      Tensor u = linalg_qr(gaussian(10 + p, ROWS, r)).get0(); // (m, r)
      Tensor v = linalg_qr(gaussian(20 + p, COLUMNS, r)).get0(); // (n, r)
      all[p] =
          u.matmul(diag_embed(Tensor.create(spectra[p]))).matmul(v.transpose(0, 1)).unsqueeze(0);
    }
    return org.bytedeco.pytorch.global.torch.cat(new org.bytedeco.pytorch.TensorVector(all), 0);
  }

  private static Tensor gaussian(long seed, long rows, long columns) {
    Tensor drawn =
        Vectors.random(
            seed,
            0,
            rows * columns,
            tensor(0.0)
                .options()
                .dtype(new org.bytedeco.pytorch.ScalarTypeOptional(ScalarType.Double)));
    return drawn.reshape(rows, columns);
  }

  private static double[] geometric(double ratio) {
    double[] values = new double[COLUMNS];
    for (int i = 0; i < values.length; i++) values[i] = Math.pow(ratio, i);
    return values;
  }

  private static double[][] three(double... ratios) {
    return java.util.Arrays.stream(ratios)
        .mapToObj(SvdSolverTest::geometric)
        .toArray(double[][]::new);
  }

  /** Largest sine of the angles between the spans of two orthonormal sets of rows (k, n). */
  private static double sine(Tensor a, Tensor b) {
    Tensor outside = a.sub(a.matmul(b.transpose(0, 1)).matmul(b));
    return linalg_svd(outside).get1().max().item_double();
  }

  @ParameterizedTest
  @MethodSource("solvers")
  void findsTheLeadingTripletsOfEveryProblem(SvdSolver solver) {
    Tensor dense = matrices(three(0.8, 0.9, 0.7));
    DenseMap map = new DenseMap(dense);
    List<Svd> found =
        solver.solve(map, new SvdOptions(4, 1e-9, 10_000, 0, 1), SvdSolver.Progress.NONE);
    for (int p = 0; p < PROBLEMS; p++) {
      Svd svd = found.get(p);
      var oracle =
          linalg_svd(dense.select(0, p), false, new org.bytedeco.pytorch.StringViewOptional());
      double[] s = Tensors.doubles(oracle.get1().narrow(0, 0, 4));
      assertArrayEquals(s, svd.s(), 1e-9);
      assertTrue(sine(svd.v(), oracle.get2().narrow(0, 0, 4)) < 1e-7);
      assertTrue(sine(svd.u(), oracle.get0().transpose(0, 1).narrow(0, 0, 4)) < 1e-7);
      // Vectors of up to 90 entries of a basis that grew for so many products.
      assertTrue(svd.orthogonality() < Rounding.float64(ROWS * svd.products(), 1));
      assertTrue(svd.allConverged());
    }
  }

  @ParameterizedTest
  @MethodSource("solvers")
  void reportedResidualsAreTheTrueOnes(SvdSolver solver) {
    Tensor dense = matrices(three(0.97, 0.95, 0.9));
    List<Svd> found =
        solver.solve(
            new DenseMap(dense), new SvdOptions(3, 1e-3, 10_000, 0, 2), SvdSolver.Progress.NONE);
    for (int p = 0; p < PROBLEMS; p++) {
      Svd svd = found.get(p);
      Tensor a = dense.select(0, p);
      for (int i = 0; i < 3; i++) {
        Tensor u = svd.u().select(0, i);
        Tensor v = svd.v().select(0, i);
        Tensor back = a.transpose(0, 1).matmul(u);
        double back_ =
            back.sub(v.mul(new org.bytedeco.pytorch.Scalar(svd.s()[i]))).norm().item_double()
                / svd.s()[i];
        double forth =
            a.matmul(v).sub(u.mul(new org.bytedeco.pytorch.Scalar(svd.s()[i]))).norm().item_double()
                / svd.s()[i];
        assertEquals(svd.residuals()[i], back_, 1e-9);
        assertTrue(forth < 1e-9);
        assertTrue(back_ <= 1e-3);
      }
    }
  }

  @Test
  void restartsReachTheSameAnswerInABoundedBasis() {
    double[] close = new double[COLUMNS]; // .0392 .0372 .0356 .0351 …: a denoiser's spectrum
    for (int i = 0; i < COLUMNS; i++) close[i] = 0.04 * Math.pow(i + 1, -0.12);
    Tensor dense = matrices(close, close, close);
    SvdOptions bounded = new SvdOptions(3, 1e-10, 5_000, 12, 3);
    DenseMap map = new DenseMap(dense);
    List<Svd> found = new GolubKahan().solve(map, bounded, SvdSolver.Progress.NONE);
    long pairs = 0;
    for (int p = 0; p < PROBLEMS; p++) {
      var oracle =
          linalg_svd(dense.select(0, p), false, new org.bytedeco.pytorch.StringViewOptional());
      assertTrue(found.get(p).products() > 12, "a restart took place");
      assertArrayEquals(Tensors.doubles(oracle.get1().narrow(0, 0, 3)), found.get(p).s(), 1e-10);
      assertTrue(sine(found.get(p).v(), oracle.get2().narrow(0, 0, 3)) < 1e-7);
      pairs += found.get(p).products();
    }
    assertEquals(2 * pairs, map.applied, "every product is counted");
  }

  @Test
  void krylovNeedsFewerProductsThanPower() {
    Tensor dense = matrices(three(0.97, 0.97, 0.97));
    SvdOptions options = new SvdOptions(3, 1e-3, 10_000, 0, 4);
    long krylov =
        new GolubKahan()
            .solve(new DenseMap(dense), options, SvdSolver.Progress.NONE)
            .get(0)
            .products();
    long power =
        new BlockPower()
            .solve(new DenseMap(dense), options, SvdSolver.Progress.NONE)
            .get(0)
            .products();
    assertTrue(3 * krylov < power, krylov + " against " + power);
  }

  @Test
  void aProblemsAnswerDoesNotDependOnItsBatch() {
    Tensor dense = matrices(three(0.9, 0.99, 0.8));
    double tolerance = 1e-10;
    SvdOptions options = new SvdOptions(2, tolerance, 10_000, 0, 0);
    Svd together =
        new GolubKahan().solve(new DenseMap(dense), options, SvdSolver.Progress.NONE).get(0);
    Svd alone =
        new GolubKahan()
            .solve(new DenseMap(dense.narrow(0, 0, 1)), options, SvdSolver.Progress.NONE)
            .get(0);
    // Rounding differs between batches, and with it the step at which each stops. Both are within
    // their residuals: singular values within tolerance · σ, vectors within that over the gap.
    double[] s = alone.s(); // 1, .9, and next comes .81
    assertArrayEquals(s, together.s(), 2 * tolerance * s[0]);
    double gap = 0.9 * 0.1;
    assertTrue(sine(alone.v(), together.v()) < 2 * tolerance / gap);
    assertTrue(alone.v().mul(together.v()).sum(1).min().item_double() > 0, "signs");
  }

  @ParameterizedTest
  @MethodSource("solvers")
  void saysWhichVectorsDidNotConverge(SvdSolver solver) {
    double[] flat = new double[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) flat[i] = 1 - 1e-4 * i;
    List<Svd> found =
        solver.solve(
            new DenseMap(matrices(flat)),
            new SvdOptions(3, 1e-12, 9, 0, 5),
            SvdSolver.Progress.NONE);
    assertFalse(found.get(0).allConverged());
    assertTrue(found.get(0).products() <= 9);
    assertTrue(found.get(0).maxResidual() > 1e-12);
  }

  @Test
  void ranksBelowKAreAnsweredWithZeroSingularValues() {
    double[] two = {2, 1}; // a mask that leaves two output values
    Svd svd =
        new GolubKahan()
            .solve(
                new DenseMap(matrices(two)),
                new SvdOptions(4, 1e-6, 500, 0, 6),
                SvdSolver.Progress.NONE)
            .get(0);
    double rounding = Rounding.float64(ROWS * (svd.products() + 4), 2);
    assertArrayEquals(new double[] {2, 1, 0, 0}, svd.s(), rounding);
    assertTrue(svd.orthogonality() < rounding);
    assertTrue(svd.allConverged());
  }

  @Test
  void theWholeSpectrumOfASmallMap() {
    Tensor dense = matrices(geometric(0.9)).narrow(1, 0, 7).narrow(2, 0, 5).contiguous();
    var oracle =
        linalg_svd(dense.select(0, 0), false, new org.bytedeco.pytorch.StringViewOptional());
    Svd svd =
        new GolubKahan()
            .solve(
                new DenseMap(dense), new SvdOptions(5, 1e-10, 500, 0, 7), SvdSolver.Progress.NONE)
            .get(0);
    double[] expected = Tensors.doubles(oracle.get1());
    assertArrayEquals(expected, svd.s(), Rounding.float64(7 * 5 * 5, expected[0]) + 1e-10 * 1e-10);
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new GolubKahan().solve(new DenseMap(dense), SvdOptions.of(6), SvdSolver.Progress.NONE));
  }

  @Test
  void singlePrecisionMeetsTheToleranceToo() {
    Tensor dense = matrices(three(0.98, 0.9, 0.95));
    List<Svd> found =
        new GolubKahan()
            .solve(
                new DenseMap(dense.to(ScalarType.Float)),
                SvdOptions.of(3),
                SvdSolver.Progress.NONE);
    for (int p = 0; p < PROBLEMS; p++) {
      Svd svd = found.get(p);
      Tensor v = svd.v().to(ScalarType.Double);
      Tensor u = svd.u().to(ScalarType.Double);
      Tensor back = u.matmul(dense.select(0, p)); // (k, n): Aᵀu
      for (int i = 0; i < 3; i++) {
        double true_ =
            back.select(0, i)
                    .sub(v.select(0, i).mul(new org.bytedeco.pytorch.Scalar(svd.s()[i])))
                    .norm()
                    .item_double()
                / svd.s()[i];
        assertTrue(true_ <= 1.01e-3, "residual " + true_);
      }
      assertTrue(svd.orthogonality() < 1e-6);
    }
  }
}
