package org.hspace.edit;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.hspace.model.Model;
import org.hspace.trajectory.Progress;
import org.hspace.trajectory.Trajectory;

/** Applies a row of edits to every image of a trajectory, all cells in shared batches. */
public final class EditGrid {
  private final Model model;

  /** For the given model, which it does not own. */
  public EditGrid(Model model) {
    this.model = model;
  }

  /**
   * Decodes the grid.
   *
   * @param trajectory N rows, with their own noise, η and h-space
   * @param columns S edits
   * @param asymmetric whether Δh goes into P_t only (Asyrp), or into both P_t and D_t
   * @param batch cells of one network pass
   * @return images (N·S, C, H, W), row by row; to be closed by the caller
   */
  public Tensor run(
      Trajectory trajectory, List<Edit> columns, boolean asymmetric, int batch, Progress progress) {
    throw new UnsupportedOperationException();
  }
}
