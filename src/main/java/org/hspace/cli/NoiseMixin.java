package org.hspace.cli;

import java.nio.file.Path;
import org.hspace.HspaceException;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.StepNoise;
import picocli.CommandLine.Option;

/** How trajectories run that begin with seeds. */
class NoiseMixin extends LatticeMixin {
  @Option(
      names = "--noise",
      paramLabel = "KIND",
      order = 24,
      description =
          "How the noise of steps comes from a seed: brownian, from one path whatever the number of steps, so that a seed"
              + " shows much the same at all of them, or steps, drawn for each step by itself as version 0.1 did"
              + " (default: brownian).")
  private StepNoise noise;

  /** Whether the user named one. */
  final boolean namesNoise() {
    return noise != null;
  }

  @Override
  SamplingOptions sampling(EtaSchedule fallback) {
    SamplingOptions options = super.sampling(fallback);
    return noise == null ? options : options.withNoise(noise);
  }

  @Override
  void check(Provenance file, Path path) {
    super.check(file, path);
    if (noise == null) return;
    if (file.images() != null)
      throw new HspaceException("--noise: " + path + " is of images, whose noise was solved for");
    if (noise != file.noise()) {
      throw new HspaceException(
          "--noise: expected %s, that of %s, or nothing, found %s"
              .formatted(file.noise().id(), path, noise.id()));
    }
  }
}
