package org.hspace.cli;

import java.nio.file.Path;
import java.util.List;
import org.hspace.model.Model;
import org.hspace.trajectory.Provenance;
import org.hspace.trajectory.Sampler;
import org.hspace.trajectory.SamplingOptions;
import org.hspace.trajectory.Trajectory;

/**
 * Where the images that a command works on come from: seeds, which are sampled, or a trajectory
 * file. A command extends it by the two options, which exclude each other.
 */
abstract class TrajectorySource {
  /** The trajectory file; null when seeds are to be sampled. */
  abstract Path file();

  /** The seeds to sample: those that the user named, or the command's own. */
  abstract Seeds seeds();

  /**
   * Opens the file, or samples the seeds; to be closed by the caller.
   *
   * @param options for sampling; a file has its own
   */
  final Trajectory open(Model model, SamplingOptions options, Console console) {
    return file() != null
        ? Trajectory.open(file(), model)
        : new Sampler(model).sample(seeds().values(), options, console.progress("sampling"));
  }

  /** Seeds or file names of a trajectory's rows. */
  static List<String> captions(Trajectory trajectory) {
    Provenance provenance = trajectory.provenance();
    return provenance.images() != null
        ? provenance.images().stream().map(image -> image.name()).toList()
        : provenance.seeds().stream().map(seed -> "seed " + seed).toList();
  }
}
