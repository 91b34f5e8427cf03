package org.hspace.edit;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.directions.Direction;
import org.hspace.model.HSpace;
import org.hspace.model.Model;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.trajectory.Progress;
import org.hspace.trajectory.Sampler;
import org.hspace.trajectory.Trajectory;

/** Applies a row of edits to every image of a trajectory, all cells in shared batches. */
public final class EditGrid {
  private final Model model;
  private final Sampler sampler;

  /** For the given model, which it does not own. */
  public EditGrid(Model model) {
    this.model = model;
    this.sampler = new Sampler(model);
  }

  /**
   * Decodes the grid: every cell with its row's own noise and η.
   *
   * @param trajectory N rows
   * @param columns S edits, at least one
   * @param asymmetric whether Δh goes into P_t only (Asyrp), or into both P_t and D_t
   * @param batch cells of one network pass
   * @return images (N·S, C, H, W), row by row; owned by the enclosing scope or the caller
   * @throws HspaceException when directions belong to another h-space than the others, or have
   *     another shape than the model's h, or the strengths are beyond the model's type
   */
  public Tensor run(
      Trajectory trajectory, List<Edit> columns, boolean asymmetric, int batch, Progress progress) {
    if (columns.isEmpty()) throw new HspaceException("edits: expected at least one, found none");
    Set<Direction> directions = new LinkedHashSet<>(); // by identity: Direction has no equals
    for (Edit edit : columns) {
      for (WeightedDirection part : edit.directions()) directions.add(part.direction());
    }
    HSpace hSpace = commonHSpace(directions, trajectory.provenance().hSpace());
    checkStrengths(columns);
    return Tensors.scoped(
        () -> {
          CombinedInjection injection =
              new CombinedInjection(
                  List.copyOf(directions),
                  columns,
                  trajectory.lattice().timesteps(),
                  model.options().dtype().stateType(),
                  asymmetric);
          int[] rows =
              IntStream.range(0, trajectory.rows() * columns.size())
                  .map(cell -> cell / columns.size())
                  .toArray();
          return sampler.decode(trajectory, rows, injection, hSpace, batch, progress);
        });
  }

  /**
   * Checks that the type that the model computes in holds what edits add.
   *
   * @throws HspaceException naming the direction and its strength
   */
  public void checkStrengths(List<Edit> edits) {
    double most = Finite.largest(model.options().dtype().scalarType());
    Map<Direction, Double> sizes = new HashMap<>(); // the largest number of each
    for (Edit edit : edits) {
      double sum = 0;
      for (WeightedDirection part : edit.directions()) {
        Direction direction = part.direction();
        sum += Math.abs(part.strength()) * sizes.computeIfAbsent(direction, EditGrid::largest);
        if (!(sum <= most)) {
          throw new HspaceException(
              "direction %s: strength %s takes it beyond what %s holds (%.3g); expected a smaller one"
                  .formatted(
                      direction.name(), part.strength(), model.options().dtype().id(), most));
        }
      }
    }
  }

  private static double largest(Direction direction) {
    try (PointerScope scope = new PointerScope()) {
      return direction.delta().abs().max().item_double();
    }
  }

  private HSpace commonHSpace(Set<Direction> directions, HSpace fallback) {
    HSpace common = null;
    for (Direction direction : directions) {
      if (common != null && direction.hSpace() != common) {
        throw new HspaceException(
            "direction "
                + direction.name()
                + ": expected h-space "
                + common.id()
                + " like the others, found "
                + direction.hSpace().id());
      }
      common = direction.hSpace();
      int[] expected = model.bottleneckShape(common);
      try (PointerScope scope = new PointerScope()) {
        long[] found = Tensors.shape(direction.delta());
        for (int i = 0; i < 3; i++) {
          if (found[i + 1] != expected[i]) {
            throw new HspaceException(
                "direction "
                    + direction.name()
                    + ": expected h of shape "
                    + Arrays.toString(expected)
                    + ", found (T, c, h, w) = "
                    + Arrays.toString(found));
          }
        }
      }
    }
    return common == null ? fallback : common;
  }
}
