package org.hspace.pipeline;

import java.util.List;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;

/** Applies a row of edits to every image of a trajectory, all cells in shared batches. */
public final class EditGrid {
  private final Model model;
  private EditWork work = EditWork.NONE;

  /** For the given model, which it does not own. */
  public EditGrid(Model model) {
    this.model = model;
  }

  /**
   * Decodes the grid: every cell with its row's own noise and η.
   *
   * @param trajectory N rows
   * @param columns S edits, at least one
   * @return N·S images, row by row; to be closed by the caller
   * @throws org.hspace.HspaceException when directions belong to another h-space than the others,
   *     or have another shape than the model's h, or the strengths are beyond the model's type
   * @throws java.util.concurrent.CancellationException when the listener {@linkplain
   *     Progress#cancelled cancels}
   */
  public Images run(
      Trajectory trajectory, List<Edit> columns, EditOptions options, Progress progress) {
    try (HspaceNative.EditWork took = new HspaceNative.EditWork()) {
      Images images =
          NativeProgress.during(
              progress,
              heard ->
                  new Images(
                      model,
                      () ->
                          model.use(
                              () ->
                                  trajectory.use(
                                      () ->
                                          HspaceNative.editGrid(
                                              model.handle(),
                                              trajectory.handle(),
                                              Edit.toNative(columns),
                                              options.toNative(),
                                              heard,
                                              took)))));
      add(new EditWork(took.passes(), took.encoderRows(), took.decoderRows(), took.rowsAsked()));
      return images;
    }
  }

  private synchronized void add(EditWork one) {
    work = work.plus(one);
  }

  /** What all grids that this has decoded took. */
  public synchronized EditWork work() {
    return work;
  }

  /**
   * Checks that the type that the model computes in holds what edits add.
   *
   * @throws org.hspace.HspaceException naming the direction and its strength
   */
  public void checkStrengths(List<Edit> edits) {
    model.use(
        () ->
            NativeCall.scoped(
                () -> HspaceNative.checkStrengths(model.handle(), Edit.toNative(edits))));
  }
}
