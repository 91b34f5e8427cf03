package org.hspace.cli;

import java.nio.file.Path;
import org.hspace.HspaceException;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.SamplingOptions;
import picocli.CommandLine.Option;

/** How trajectories run, and whose noise they begin with. */
final class SamplingMixin extends NoiseMixin {
  @Option(
      names = "--reference-seeds",
      order = 24,
      description = "Draw noise as the Python reference does: seed for x_T, seed + 1 for z.")
  private boolean referenceSeeds;

  @Override
  SamplingOptions sampling(EtaSchedule fallback) {
    if (referenceSeeds && namesNoise())
      throw new HspaceException("--noise: has no effect with --reference-seeds");
    return super.sampling(fallback).withReferenceSeeds(referenceSeeds);
  }

  @Override
  void check(Provenance file, Path path) {
    super.check(file, path);
    if (referenceSeeds && !file.referenceSeeds())
      throw new HspaceException("--reference-seeds: " + path + " was made without it");
  }
}
