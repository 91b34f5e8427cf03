package org.hspace.edit;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.directions.Direction;
import org.hspace.nativelib.Tensors;
import org.hspace.trajectory.Injection;

/**
 * The sum of each cell's weighted directions, as one product a step: coefficients (B, K) times
 * directions (K, c·h·w).
 *
 * <p>Its tensors belong to the scope that it is made in.
 */
final class CombinedInjection implements Injection {
  private final Tensor deltas; // (K, T, c, h, w); null without directions
  private final double[][][] coefficients; // [column][step][direction]
  private final boolean asymmetric;

  /**
   * @param type in which the sums are formed
   */
  CombinedInjection(
      List<Direction> directions,
      List<Edit> columns,
      int[] timesteps,
      ScalarType type,
      boolean asymmetric) {
    this.asymmetric = asymmetric;
    this.deltas =
        directions.isEmpty()
            ? null
            : Tensors.stack(directions.stream().map(d -> d.onLattice(timesteps).to(type)).toList());
    this.coefficients = new double[columns.size()][timesteps.length][directions.size()];
    for (int column = 0; column < columns.size(); column++) {
      for (WeightedDirection part : columns.get(column).directions()) {
        int k = directions.indexOf(part.direction());
        for (int step = 0; step < timesteps.length; step++) {
          if (part.window().contains(step, timesteps.length)) {
            coefficients[column][step][k] += part.strength();
          }
        }
      }
    }
  }

  @Override
  public Tensor deltaH(int step, int first, Tensor h) {
    if (deltas == null) return null;
    int batch = Math.toIntExact(h.size(0));
    int k = Math.toIntExact(deltas.size(0));
    double[] weights = new double[batch * k];
    boolean any = false;
    for (int row = 0; row < batch; row++) {
      double[] cell = coefficients[(first + row) % coefficients.length][step];
      for (int i = 0; i < k; i++) {
        weights[row * k + i] = cell[i];
        any |= cell[i] != 0;
      }
    }
    if (!any) return null;
    Tensor atStep = deltas.select(1, step).flatten(1, -1); // (K, c·h·w)
    return Tensors.of(weights, batch, k)
        .to(atStep.scalar_type())
        .matmul(atStep)
        .view(batch, h.size(1), h.size(2), h.size(3));
  }

  @Override
  public boolean asymmetric() {
    return asymmetric;
  }
}
