package org.hspace.edit;

import org.bytedeco.pytorch.Tensor;
import org.hspace.model.HSpace;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.trajectory.Injection;
import org.hspace.trajectory.Progress;
import org.hspace.trajectory.Sampler;
import org.hspace.trajectory.Trajectory;

/**
 * Generates with the bottleneck of another trajectory: every {@code h_t} is replaced by that of a
 * donor row (Haas et al., Fig 2a). Semantics follow the donor; background and the like stay.
 */
public final class HSwap {
  private final Model model;

  /** For the given model, which it does not own. */
  public HSwap(Model model) {
    this.model = model;
  }

  /**
   * Decodes rows with the h of others.
   *
   * @param trajectory N rows, with h recorded
   * @param rows whose x_T and noise each image starts from (M)
   * @param donors whose h each image is given (M)
   * @return images (M, C, H, W); owned by the enclosing scope or the caller
   */
  public Tensor run(Trajectory trajectory, int[] rows, int[] donors, int batch, Progress progress) {
    if (trajectory.h() == null)
      throw new HspaceException("trajectory: expected one with h recorded");
    if (rows.length != donors.length) {
      throw new HspaceException(
          "donors: expected " + rows.length + ", one a row, found " + donors.length);
    }
    for (int row : donors) check(row, trajectory);
    for (int row : rows) check(row, trajectory);
    HSpace hSpace = trajectory.provenance().hSpace();
    Injection replace =
        (step, first, h) -> {
          long[] index = new long[Math.toIntExact(h.size(0))];
          for (int i = 0; i < index.length; i++) index[i] = donors[first + i];
          Tensor wanted =
              trajectory.h().select(1, step).index_select(0, Tensors.of(index)); // (B, c, h, w)
          return model.toDevice(wanted.to(h.scalar_type())).sub(h);
        };
    return new Sampler(model).decode(trajectory, rows, replace, hSpace, batch, progress);
  }

  private static void check(int row, Trajectory trajectory) {
    if (row < 0 || row >= trajectory.rows()) {
      throw new HspaceException("row: expected 0 to " + (trajectory.rows() - 1) + ", found " + row);
    }
  }
}
