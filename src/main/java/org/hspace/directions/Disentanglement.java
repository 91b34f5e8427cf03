package org.hspace.directions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.QRDecomposition;
import org.apache.commons.math3.linear.RRQRDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;

/**
 * A direction with others removed: {@code v = [I - V (VᵀV)⁻¹ Vᵀ] v_0} (Haas et al., Eq 12), by one
 * rank-revealing least-squares problem, so that the result is orthogonal to every removed direction
 * whatever the angles between them.
 */
public final class Disentanglement extends NativeResource {
  /**
   * A removed direction whose part outside the others is below this share of its norm is dependent
   * on them.
   */
  private static final double DEPENDENT = 1e-6;

  /** With a smaller share of its norm left, a direction may do mostly what was removed. */
  public static final double LITTLE = 0.3;

  private final Direction direction;
  private final double normLeft;
  private final double conditionNumber;
  private final List<String> dependent;

  private Disentanglement(
      Direction direction, double normLeft, double conditionNumber, List<String> dependent) {
    this.direction = own(direction);
    this.normLeft = normLeft;
    this.conditionNumber = conditionNumber;
    this.dependent = List.copyOf(dependent);
  }

  /**
   * Removes directions from one.
   *
   * @param from v_0; the result is on its timesteps
   * @param removed v_1 … v_K, at least one, brought to the timesteps of v_0
   * @return to be closed by the caller
   * @throws HspaceException when the directions belong to different points of the network, one is
   *     zero, or the removed ones span the first
   */
  public static Disentanglement of(Direction from, List<Direction> removed) {
    if (removed.isEmpty())
      throw new HspaceException("from: expected at least one direction to remove");
    double[] v0 = column(from, from);
    int d = v0.length;
    double[][] columns = new double[removed.size()][]; // K unit columns (T·c·h·w)
    for (int k = 0; k < columns.length; k++) {
      columns[k] = column(removed.get(k), from);
      double norm = norm(columns[k]);
      if (norm == 0) throw new HspaceException("direction " + removed.get(k).name() + " is zero");
      for (int i = 0; i < d; i++) columns[k][i] /= norm;
    }
    double norm0 = norm(v0);
    if (norm0 == 0) throw new HspaceException("direction " + from.name() + " is zero");

    RealMatrix v = new Array2DRowRealMatrix(columns, false).transpose(); // (d, K)
    RRQRDecomposition qr = new RRQRDecomposition(v, 0);
    int[] order = pivots(qr);
    int rank = qr.getRank(DEPENDENT);
    List<String> dependent = new ArrayList<>();
    for (int k = rank; k < order.length; k++) dependent.add(removed.get(order[k]).name());
    RealMatrix independent = v.getSubMatrix(indices(d), Arrays.copyOf(order, rank)); // (d, rank)
    double[] weights =
        new QRDecomposition(independent).getSolver().solve(new ArrayRealVector(v0)).toArray();
    double[] rest = v0.clone();
    for (int k = 0; k < rank; k++) {
      for (int i = 0; i < d; i++) rest[i] -= weights[k] * columns[order[k]][i];
    }
    if (norm(rest) < DEPENDENT * norm0) {
      throw new HspaceException(
          "direction " + from.name() + ": nothing is left of it without what is removed");
    }
    double condition =
        new SingularValueDecomposition(qr.getR().getSubMatrix(0, rank - 1, 0, rank - 1))
            .getConditionNumber();
    String name =
        from.name()
            + "-without-"
            + String.join("-", removed.stream().map(Direction::name).toList());
    return new Disentanglement(
        direction(name, rest, from), norm(rest) / norm0, condition, dependent);
  }

  private static int[] pivots(RRQRDecomposition qr) {
    RealMatrix p = qr.getP(); // V P = Q R
    int[] order = new int[p.getColumnDimension()];
    for (int j = 0; j < order.length; j++) {
      for (int i = 0; i < order.length; i++) {
        if (p.getEntry(i, j) > 0.5) order[j] = i;
      }
    }
    return order;
  }

  private static int[] indices(int n) {
    int[] all = new int[n];
    for (int i = 0; i < n; i++) all[i] = i;
    return all;
  }

  /** Δh on the timesteps of another direction, flat (T·c·h·w). */
  private static double[] column(Direction direction, Direction lattice) {
    if (direction.hSpace() != lattice.hSpace()) {
      throw new HspaceException(
          "direction "
              + direction.name()
              + ": expected h-space "
              + lattice.hSpace().id()
              + " like "
              + lattice.name()
              + ", found "
              + direction.hSpace().id());
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor delta = direction.onLattice(lattice.timesteps());
      long[] expected = Tensors.shape(lattice.delta());
      if (!Arrays.equals(Tensors.shape(delta), expected)) {
        throw new HspaceException(
            "direction "
                + direction.name()
                + ": expected shape "
                + Arrays.toString(expected)
                + ", found "
                + Arrays.toString(Tensors.shape(delta)));
      }
      return Tensors.doubles(delta);
    }
  }

  private static Direction direction(String name, double[] values, Direction like) {
    try (PointerScope scope = new PointerScope()) {
      Tensor delta = Tensors.of(values, Tensors.shape(like.delta())).to(like.delta().scalar_type());
      return new Direction(name, delta, like.timesteps(), like.hSpace());
    }
  }

  private static double norm(double[] values) {
    double sum = 0;
    for (double value : values) sum += value * value;
    return Math.sqrt(sum);
  }

  /** What is left of v_0; lives as long as this. */
  public Direction direction() {
    return use(() -> direction);
  }

  /** ‖v‖ / ‖v_0‖, in [0, 1]. */
  public double normLeft() {
    return normLeft;
  }

  /** Condition number of the removed directions at unit norm; 1 when they are orthogonal. */
  public double conditionNumber() {
    return conditionNumber;
  }

  /** Names of removed directions that the others already span, within 1e-6 of their norm. */
  public List<String> dependent() {
    return dependent;
  }
}
