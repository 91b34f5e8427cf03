package org.hspace.cli;

import java.util.List;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.EditWork;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Trajectory;

/** Makes the cells of a grid: plainly, or so that attributes stay where they are. */
interface Cells {
  /**
   * Edits every row of a trajectory.
   *
   * @param edits S of them
   * @return N·S images, row by row; to be closed by the caller
   */
  Images make(Trajectory trajectory, List<Edit> edits, EditOptions options, Progress progress);

  /** What all of them took so far. */
  EditWork work();

  /** Plainly. */
  static Cells of(EditGrid grid) {
    return new Cells() {
      @Override
      public Images make(
          Trajectory trajectory, List<Edit> edits, EditOptions options, Progress progress) {
        return grid.run(trajectory, edits, options, progress);
      }

      @Override
      public EditWork work() {
        return grid.work();
      }
    };
  }
}
