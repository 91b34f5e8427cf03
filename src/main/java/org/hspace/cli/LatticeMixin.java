package org.hspace.cli;

import org.hspace.model.HSpace;
import org.hspace.schedule.EtaSchedule;
import org.hspace.trajectory.InversionOptions;
import org.hspace.trajectory.SamplingOptions;
import picocli.CommandLine.Option;

/** How trajectories run: steps, noise, where h is read, and how many at once. */
class LatticeMixin {
  @Option(
      names = "--steps",
      paramLabel = "T",
      defaultValue = "50",
      order = 20,
      description = "Inference steps (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--eta",
      paramLabel = "ETA",
      order = 21,
      description =
          "Noise of each step: a number from 0 (DDIM) to 1 (DDPM), ETA@FROM-TO, start:ETA:FRACTION, end:ETA:FRACTION,"
              + " or one value a step, comma-separated (default: 1; when inverting, 0).")
  private EtaSchedule eta;

  @Option(
      names = "--h-space",
      paramLabel = "POINT",
      defaultValue = "after",
      order = 22,
      description =
          "Where h is read: after the mid block, before it, or in the middle (default: ${DEFAULT-VALUE}).")
  private HSpace hSpace;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      order = 23,
      description = "Images of one network pass (default: ${DEFAULT-VALUE}).")
  private int batch;

  final int steps() {
    return steps;
  }

  final int batch() {
    return batch;
  }

  /**
   * How to sample on this lattice; h is recorded.
   *
   * @param fallback η when the user names none
   */
  SamplingOptions sampling(EtaSchedule fallback) {
    return SamplingOptions.DEFAULT
        .withSteps(steps)
        .withEta(eta(fallback))
        .withHSpace(hSpace)
        .withBatch(batch);
  }

  /**
   * How to invert on this lattice.
   *
   * @param fallback η when the user names none
   */
  final InversionOptions inversion(EtaSchedule fallback) {
    return InversionOptions.DEFAULT
        .withSteps(steps)
        .withEta(eta(fallback))
        .withHSpace(hSpace)
        .withBatch(batch);
  }

  private EtaSchedule eta(EtaSchedule fallback) {
    return eta == null ? fallback : eta;
  }
}
