package org.hspace.cli;

import org.hspace.model.HSpace;
import org.hspace.schedule.EtaSchedule;
import picocli.CommandLine.Option;

/** How trajectories run: steps, noise, where h is read, and how many at once. */
final class LatticeMixin {
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

  int steps() {
    return steps;
  }

  EtaSchedule eta(EtaSchedule fallback) {
    return eta == null ? fallback : eta;
  }

  HSpace hSpace() {
    return hSpace;
  }

  int batch() {
    return batch;
  }
}
