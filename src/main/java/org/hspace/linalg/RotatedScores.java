package org.hspace.linalg;

import static org.bytedeco.pytorch.global.torch.linalg_eigh;
import static org.bytedeco.pytorch.global.torch.linalg_svd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.Tensors;

/**
 * The rotation of whitened scores in which each coordinate means most by itself: {@code z = A s},
 * the coordinates s white again. The fixed points are those of symmetric FastICA (Hyvärinen 1999)
 * and, for {@link Contrast#VARIMAX}, of varimax on scores (Rohe and Zeng 2023). Coordinates come in
 * the order of how far from a Gaussian they are, each with positive skewness.
 *
 * @param mixing A [k][k]: column j is how the scores change with coordinate j by one standard
 *     deviation
 * @param nonGaussianity {@code (E log cosh s - E log cosh ν)²} of each coordinate, ν Gaussian: its
 *     negentropy up to a factor (k)
 * @param stability mean |correlation| of what two halves of the samples, each from a start of its
 *     own, find in the place of each coordinate: 1 is found every time (k)
 */
public record RotatedScores(double[][] mixing, double[] nonGaussianity, double[] stability) {
  /** {@code E log cosh ν} of a standard Gaussian. */
  private static final double GAUSSIAN = 0.37456720491561;

  private static final int ITERATIONS = 500;

  /** Change of a row's direction, as 1 - |cosine|, at which it stands still. */
  private static final double STILL = 1e-9;

  /** Smallest variance of the scores' covariance, over the largest, that can be whitened. */
  private static final double SINGULAR = 1e-12;

  /** What makes a coordinate meaningful. */
  public enum Contrast {
    /** Far from Gaussian on either side, by log cosh: independent components. */
    LOG_COSH,
    /** Large fourth power: most samples near zero, few far from it. */
    VARIMAX
  }

  /**
   * Rotates scores.
   *
   * @param scores of n samples (n, k), about white
   * @param restarts starts on all samples, of which the best one counts, and ways to halve them for
   *     the stability
   * @throws HspaceException when the scores do not vary in k directions
   */
  public static RotatedScores of(Tensor scores, Contrast contrast, int restarts) {
    Finite.require(scores, "scores");
    try (PointerScope scope = new PointerScope()) {
      Random random = new Random(1);
      White all = White.of(scores);
      Tensor best = null; // (k, k), rows are coordinates
      double most = Double.NEGATIVE_INFINITY;
      for (int run = 0; run < restarts; run++) {
        Tensor found = ascend(all.samples, contrast, random);
        double value = value(all.samples.matmul(found.t()), contrast);
        if (value > most) {
          most = value;
          best = found;
        }
      }
      double[] stability = new double[(int) scores.size(1)];
      for (int run = 0; run < restarts; run++) {
        Tensor order = shuffled(scores.size(0), random);
        Tensor[] halves = new Tensor[2]; // (k, k), rows as those of best
        long half = scores.size(0) / 2;
        for (int side = 0; side < 2; side++) {
          White part = White.of(scores.index_select(0, order.narrow(0, side * half, half)));
          Tensor filters = ascend(part.samples, contrast, random).matmul(part.whitening);
          Tensor seen =
              filters.matmul(all.colouring); // of all samples, white: rows correlate by dot
          Tensor unit = seen.div(seen.square().sum(new long[] {1}, true, null).sqrt());
          int[] partners = match(Tensors.rows(best.matmul(unit.t()).abs()));
          halves[side] =
              unit.index_select(0, Tensors.of(Arrays.stream(partners).asLongStream().toArray()));
        }
        double[] alike = Tensors.doubles(halves[0].mul(halves[1]).sum(1).abs());
        for (int j = 0; j < stability.length; j++) stability[j] += alike[j] / restarts;
      }
      return ordered(all, best, stability);
    }
  }

  /** Scores made exactly white: {@code z = (scores - mean) W}, with {@code W = C^{-1/2}}. */
  private record White(Tensor samples, Tensor whitening, Tensor colouring) {
    static White of(Tensor scores) {
      Tensor centred = scores.sub(scores.mean(new long[] {0}, true, null)); // (n, k)
      double n = scores.size(0);
      var eigen = linalg_eigh(Tensors.times(centred.t().matmul(centred), 1 / n));
      double[] values = Tensors.doubles(eigen.get0()); // ascending
      if (!(values[0] > SINGULAR * values[values.length - 1])) {
        throw new HspaceException(
            "scores: expected to vary in all %d directions, found fewer; ask for fewer components"
                .formatted(values.length));
      }
      Tensor root = eigen.get0().sqrt();
      Tensor u = eigen.get1(); // (k, k)
      Tensor whitening = u.div(root).matmul(u.t());
      return new White(centred.matmul(whitening), whitening, u.mul(root).matmul(u.t()));
    }
  }

  /** Rows of a rotation at a fixed point, from a random start (k, k). */
  private static Tensor ascend(Tensor white, Contrast contrast, Random random) {
    int k = (int) white.size(1);
    double[] start = random.doubles((long) k * k).map(u -> random.nextGaussian()).toArray();
    Tensor rows = orthogonal(Tensors.of(start, k, k));
    boolean still = false;
    for (int i = 0; i < ITERATIONS && !still; i++) {
      Tensor before = rows;
      rows =
          Tensors.scoped(
              () -> {
                Tensor y = white.matmul(before.t()); // (n, k)
                Tensor g;
                Tensor slope; // mean derivative of g (k)
                if (contrast == Contrast.LOG_COSH) {
                  g = y.tanh();
                  slope = g.square().neg().add(new Scalar(1.0)).mean(0);
                } else {
                  g = y.pow(new Scalar(3.0));
                  slope = y.square().mean(0);
                }
                Tensor moved = Tensors.times(g.t().matmul(white), 1.0 / white.size(0));
                return orthogonal(moved.sub(before.mul(slope.unsqueeze(1))));
              });
      double least = rows.mul(before).sum(1).abs().min().item_double();
      still = 1 - least < STILL;
    }
    return rows;
  }

  /** The nearest rotation. */
  private static Tensor orthogonal(Tensor square) {
    var svd = linalg_svd(square, false, null);
    return svd.get0().matmul(svd.get2());
  }

  /** What a run is judged by: the sum over its coordinates. */
  private static double value(Tensor coordinates, Contrast contrast) {
    return contrast == Contrast.LOG_COSH
        ? Arrays.stream(nonGaussianity(coordinates)).sum()
        : coordinates.pow(new Scalar(4.0)).mean().item_double();
  }

  private static double[] nonGaussianity(Tensor coordinates) {
    // log cosh y = |y| + log(1 + exp(-2|y|)) - log 2
    Tensor size = coordinates.abs();
    Tensor logCosh = size.add(Tensors.times(size, -2).exp().log1p());
    return Arrays.stream(Tensors.doubles(logCosh.mean(0)))
        .map(mean -> Math.pow(mean - Math.log(2) - GAUSSIAN, 2))
        .toArray();
  }

  private static Tensor shuffled(long n, Random random) {
    List<Long> rows = new ArrayList<>(LongStream.range(0, n).boxed().toList());
    Collections.shuffle(rows, random);
    return Tensors.of(rows.stream().mapToLong(Long::longValue).toArray());
  }

  /** The column of each row's partner, the most alike taken first, each column once. */
  static int[] match(double[][] alike) {
    int k = alike.length;
    List<int[]> pairs = new ArrayList<>();
    for (int i = 0; i < k; i++) for (int j = 0; j < k; j++) pairs.add(new int[] {i, j});
    pairs.sort(Comparator.comparingDouble((int[] pair) -> -alike[pair[0]][pair[1]]));
    int[] partner = new int[k];
    boolean[] row = new boolean[k];
    boolean[] column = new boolean[k];
    for (int[] pair : pairs) {
      if (row[pair[0]] || column[pair[1]]) continue;
      row[pair[0]] = true;
      column[pair[1]] = true;
      partner[pair[0]] = pair[1];
    }
    return partner;
  }

  private static RotatedScores ordered(White all, Tensor rows, double[] stability) {
    Tensor coordinates = all.samples.matmul(rows.t()); // (n, k)
    double[] far = nonGaussianity(coordinates);
    double[] skewness = Tensors.doubles(coordinates.pow(new Scalar(3.0)).mean(0));
    double[][] columns = Tensors.rows(all.colouring.matmul(rows.t())); // [k][k]
    int k = far.length;
    int[] order =
        IntStream.range(0, k)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer j) -> -far[j]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[][] mixing = new double[k][k];
    for (int j = 0; j < k; j++) {
      double sign = skewness[order[j]] < 0 ? -1 : 1;
      for (int i = 0; i < k; i++) mixing[i][j] = sign * columns[i][order[j]];
    }
    return new RotatedScores(
        mixing,
        Arrays.stream(order).mapToDouble(j -> far[j]).toArray(),
        Arrays.stream(order).mapToDouble(j -> stability[j]).toArray());
  }
}
