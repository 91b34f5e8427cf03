package org.hspace.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeResource;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionAlgebra;

/**
 * A direction combined with others so that, by what was measured, the attributes of the others stay
 * where they are: {@code v = c (v_0 - Σ_k w_k v_k)}, with w from {@code Σ_k w_k E_kb = E_0b} for
 * the target b of every v_k, E the measured effects a unit of strength, and c such that v moves its
 * own attribute as v_0 does. Where Eq 12 takes angles in h-space for effects, this takes the
 * effects.
 */
public final class EffectDisentanglement extends NativeResource {
  /** Largest condition number at which the effects count as independent. */
  private static final double DEPENDENT = 1e3;

  /** Least cosine with v_0 of a result that is still much the same. */
  public static final double ALONG = 0.5;

  private final Direction direction;
  private final double[] weights;
  private final double conditionNumber;
  private final double cosine;
  private final double ownEffect;

  private EffectDisentanglement(
      Direction direction,
      double[] weights,
      double conditionNumber,
      double cosine,
      double ownEffect) {
    this.direction = own(direction);
    this.weights = weights;
    this.conditionNumber = conditionNumber;
    this.cosine = cosine;
    this.ownEffect = ownEffect;
  }

  /**
   * Combines directions.
   *
   * @param from v_0; the result is on its timesteps
   * @param others v_1 … v_K, each with a target of its own, other than that of v_0
   * @param effects what was measured of them
   * @return to be closed by the caller
   * @throws HspaceException when a direction was not measured, two have one target, their effects
   *     depend on each other, or nothing of v_0's own effect would be left
   */
  public static EffectDisentanglement of(
      Direction from, List<Direction> others, MeasuredEffects effects) {
    if (others.isEmpty())
      throw new HspaceException("from: expected at least one direction to remove");
    int k = others.size();
    int first = effects.row(from);
    int own = column(effects, first);
    int[] rows = others.stream().mapToInt(effects::row).toArray();
    int[] columns = Arrays.stream(rows).map(row -> column(effects, row)).toArray();
    if (Arrays.stream(columns).distinct().count() < k
        || Arrays.stream(columns).anyMatch(c -> c == own)) {
      throw new HspaceException(
          "from: expected directions of different attributes, none of them "
              + effects.attributes().get(own)
              + ", that of "
              + from.name());
    }
    double[][] system = new double[k][k]; // [b][k]: effect of v_k on the target of v_b
    double[] goal = new double[k]; // effect of v_0 on the target of v_b
    for (int b = 0; b < k; b++) {
      goal[b] = effects.slope()[first][columns[b]];
      for (int j = 0; j < k; j++) system[b][j] = effects.slope()[rows[j]][columns[b]];
    }
    RealMatrix matrix = new Array2DRowRealMatrix(system, false);
    SingularValueDecomposition svd = new SingularValueDecomposition(matrix);
    if (!(svd.getConditionNumber() < DEPENDENT)) {
      throw new HspaceException(
          "from: the measured effects of these directions depend on each other (condition number "
              + svd.getConditionNumber()
              + "); remove fewer of them");
    }
    double[] weights = svd.getSolver().solve(new ArrayRealVector(goal, false)).toArray();
    double before = effects.slope()[first][own];
    double left = before;
    for (int j = 0; j < k; j++) left -= weights[j] * effects.slope()[rows[j]][own];
    if (!(left / before > 0)) {
      throw new HspaceException(
          "direction "
              + from.name()
              + ": without the others nothing is left of its effect on "
              + effects.attributes().get(own));
    }
    String name =
        from.name() + "-without-" + String.join("-", others.stream().map(Direction::name).toList());
    List<Direction> all = new ArrayList<>(List.of(from));
    all.addAll(others);
    double scale = before / left;
    double[] factors = new double[k + 1]; // of v_0, v_1 … v_K
    factors[0] = scale;
    for (int j = 0; j < k; j++) factors[j + 1] = -weights[j] * scale;
    Direction made = DirectionAlgebra.combine(name, all, factors);
    double cosine = DirectionAlgebra.cosine(made, from);
    return new EffectDisentanglement(made, weights, svd.getConditionNumber(), cosine, before);
  }

  private static int column(MeasuredEffects effects, int row) {
    return effects.attributes().indexOf(effects.targets().get(row));
  }

  /** v; lives as long as this. */
  public Direction direction() {
    return use(() -> direction);
  }

  /** w_k, how much of each other direction was taken out, before scaling (K). */
  public double[] weights() {
    return weights.clone();
  }

  /** Cosine of the angle between v and v_0: below 0 they point apart, and little is left of v_0. */
  public double cosine() {
    return cosine;
  }

  /** The strength at which v moves its own attribute by half a standard deviation, as v_0 does. */
  public double halfDeviation() {
    return 0.5 / ownEffect;
  }

  /** Condition number of the others' effects on their own targets (K, K). */
  public double conditionNumber() {
    return conditionNumber;
  }
}
