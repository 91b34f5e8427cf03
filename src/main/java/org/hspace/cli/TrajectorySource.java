package org.hspace.cli;

import java.nio.file.Path;
import java.util.List;
import org.hspace.HspaceException;
import org.hspace.app.Seeds;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;

/**
 * Where the images that a command works on come from: seeds, or a trajectory file. A command
 * extends it by the two options, which exclude each other.
 */
abstract class TrajectorySource {
  /** The trajectory file; null when seeds are to be sampled. */
  abstract Path file();

  /** The seeds to sample: those that the user named, or the command's own. */
  abstract Seeds seeds();

  /**
   * Opens the file, or draws or samples the seeds; to be closed by the caller.
   *
   * @param lattice how to sample; a file has its own, and what the user says must agree with it
   * @param computed whether the command needs the samples with their h, not only their noise
   */
  final Trajectory open(Model model, SamplingMixin lattice, boolean computed, Console console) {
    if (file() == null) {
      SamplingOptions options =
          lattice.sampling(EtaSchedule.DDPM).withConditioning(lattice.conditioning(model, console));
      Sampler sampler = new Sampler(model);
      ModelMixin.sayNotApplied(model, options.clip(), console);
      return computed
          ? sampler.sample(
              seeds().values(), options, console.progress("sampling", seeds().values().length))
          : sampler.draw(seeds().values(), options);
    }
    Trajectory trajectory = Trajectory.open(file(), model);
    try {
      Provenance provenance = trajectory.provenance();
      lattice.check(provenance, file());
      if (provenance.images() == null) {
        ModelMixin.sayNotApplied(model, provenance.clipping() != null, console);
      }
      return trajectory;
    } catch (HspaceException e) {
      trajectory.close();
      throw e;
    }
  }

  /** Seeds or file names of a trajectory's rows. */
  static List<String> captions(Trajectory trajectory) {
    Provenance provenance = trajectory.provenance();
    return provenance.images() != null
        ? provenance.images().stream().map(image -> image.name()).toList()
        : provenance.seeds().stream().map(seed -> "seed " + seed).toList();
  }
}
