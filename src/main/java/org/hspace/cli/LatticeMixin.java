package org.hspace.cli;

import java.nio.file.Path;
import java.util.Arrays;
import org.hspace.HspaceException;
import org.hspace.pipeline.Conditioning;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.SamplingOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How trajectories run: steps, noise, where h is read, and how many at once. */
class LatticeMixin {
  private static final int STEPS = 50;

  @Option(
      names = "--steps",
      paramLabel = "T",
      order = 20,
      description = "Inference steps (default: " + STEPS + ").")
  private Integer steps;

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
      order = 22,
      description =
          "Where h is read: after the mid block, before it, or in the middle (default: after).")
  private HSpace hSpace;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      order = 23,
      description = "Images of one network pass (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--clip",
      order = 25,
      description =
          "Clip predictions as the model's scheduler says (clip_sample, thresholding); not for inversion and"
              + " Jacobians.")
  private boolean clip;

  @Mixin private ConditionMixin condition;

  /** What images are made of beside noise, as the model reads it. */
  final Conditioning conditioning(Model model, Console console) {
    return condition.of(model, console);
  }

  /**
   * The same.
   *
   * @param fallback when the user names nothing
   */
  final Conditioning conditioning(Model model, Conditioning fallback, Console console) {
    return condition.of(model, fallback, console);
  }

  /** Whether predictions are clipped. */
  final boolean clip() {
    return clip;
  }

  /**
   * Refuses clipping.
   *
   * @param reason why there can be none here
   */
  final void refuseClip(String reason) {
    if (clip) throw new HspaceException("--clip: not possible here: " + reason);
  }

  final int steps() {
    return steps == null ? STEPS : steps;
  }

  final int batch() {
    return batch;
  }

  /**
   * How to sample on this lattice, of nothing but noise; h is recorded.
   *
   * @param fallback η when the user names none
   */
  SamplingOptions sampling(EtaSchedule fallback) {
    return SamplingOptions.DEFAULT
        .withSteps(steps())
        .withEta(eta(fallback))
        .withHSpace(hSpace())
        .withBatch(batch)
        .withClip(clip);
  }

  /**
   * How to invert on this lattice.
   *
   * @param fallback η when the user names none
   */
  final InversionOptions inversion(EtaSchedule fallback) {
    refuseClip("a clipped step has no inverse, what was cut off cannot be found again");
    return InversionOptions.DEFAULT
        .withSteps(steps())
        .withEta(eta(fallback))
        .withHSpace(hSpace())
        .withBatch(batch);
  }

  /**
   * Checks that what the user says of the lattice agrees with a file that has its own.
   *
   * @throws HspaceException naming the option that does not
   */
  void check(Provenance file, Path path) {
    if (steps != null && steps != file.steps())
      throw conflict("--steps", file.steps(), path, steps);
    if (hSpace != null && hSpace != file.hSpace())
      throw conflict("--h-space", file.hSpace().id(), path, hSpace.id());
    if (clip && file.clipping() == null)
      throw new HspaceException("--clip: " + path + " was made without it");
    if (eta != null && !Arrays.equals(eta.values(file.steps()), file.etaValues()))
      throw new HspaceException("--eta: expected the noise of " + path + ", or nothing");
    condition.check(file, path);
  }

  private static HspaceException conflict(String option, Object expected, Path path, Object found) {
    return new HspaceException(
        option + ": expected " + expected + ", that of " + path + ", or nothing, found " + found);
  }

  private HSpace hSpace() {
    return hSpace == null ? HSpace.AFTER : hSpace;
  }

  private EtaSchedule eta(EtaSchedule fallback) {
    return eta == null ? fallback : eta;
  }
}
