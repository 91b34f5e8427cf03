package org.hspace.cli;

import java.util.List;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Trajectory;

/** Makes the cells of a grid: plainly, or so that attributes stay where they are. */
@FunctionalInterface
interface Cells {
  /**
   * Edits every row of a trajectory.
   *
   * @param edits S of them
   * @return N·S images, row by row; to be closed by the caller
   */
  Images make(Trajectory trajectory, List<Edit> edits, EditOptions options, Progress progress);
}
