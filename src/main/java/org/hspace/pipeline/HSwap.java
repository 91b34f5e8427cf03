package org.hspace.pipeline;

import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.Tensors;

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
   * @param batch images of one network pass
   * @return M images, to be closed by the caller
   */
  public Images run(Trajectory trajectory, int[] rows, int[] donors, int batch, Progress progress) {
    return NativeProgress.during(
        progress,
        heard ->
            new Images(
                model,
                () ->
                    model.use(
                        () ->
                            trajectory.use(
                                () ->
                                    HspaceNative.swapH(
                                        model.handle(),
                                        trajectory.handle(),
                                        Tensors.longVector(rows),
                                        Tensors.longVector(donors),
                                        batch,
                                        heard)))));
  }
}
