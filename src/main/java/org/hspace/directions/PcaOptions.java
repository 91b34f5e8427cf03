package org.hspace.directions;

import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.LongStream;
import org.hspace.HspaceException;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.SeedRange;

/**
 * What a global PCA is asked for.
 *
 * @param samples trajectories n
 * @param firstSeed seeds are firstSeed to firstSeed + n - 1
 * @param components directions kept, k
 * @param oversampling components beyond k that are carried along, so that the k-th is not cut short
 *     by the truncation
 * @param scope over what a component extends
 * @param rotation what is done to the components then; only over whole trajectories
 * @param restarts starts of a rotation, of which the best counts
 * @param sampling T, η, h-space and batch
 * @param checkpoint file to continue from and to save progress in, or null
 * @param saveEvery time between two saves, longer where saving itself takes long; 0 saves after
 *     every batch
 */
public record PcaOptions(
    int samples,
    long firstSeed,
    int components,
    int oversampling,
    PcaScope scope,
    PcaRotation rotation,
    int restarts,
    SamplingOptions sampling,
    Path checkpoint,
    Duration saveEvery) {
  /** The paper's code: 500 samples, T = 10, η = 1, 25 components of each timestep. */
  public static final PcaOptions DEFAULT =
      new PcaOptions(
          500,
          0,
          25,
          10,
          PcaScope.TIMESTEP,
          PcaRotation.NONE,
          10,
          SamplingOptions.DEFAULT.withSteps(10),
          null,
          Duration.ofMinutes(5));

  public PcaOptions {
    if (components < 1) {
      throw new HspaceException("components: expected at least 1, found " + components);
    }
    if (samples <= components) {
      throw new HspaceException(
          "samples: expected more than the " + components + " components, found " + samples);
    }
    SeedRange.check(firstSeed, samples);
    if (oversampling < 0) {
      throw new HspaceException("oversampling: expected at least 0, found " + oversampling);
    }
    if (restarts < 1) throw new HspaceException("restarts: expected at least 1, found " + restarts);
    if (saveEvery.isNegative()) {
      throw new HspaceException(
          "save-every: expected at least 0 seconds, found " + saveEvery.toSeconds());
    }
  }

  /** How often the samples are drawn: a rotation looks at them again. */
  public int passes() {
    return rotation == PcaRotation.NONE ? 1 : 2;
  }

  /** The seeds of the samples, in order. */
  public long[] seeds() {
    return LongStream.range(firstSeed, firstSeed + samples).toArray();
  }

  /** The same with n trajectories. */
  public PcaOptions withSamples(int value) {
    return new PcaOptions(
        value,
        firstSeed,
        components,
        oversampling,
        scope,
        rotation,
        restarts,
        sampling,
        checkpoint,
        saveEvery);
  }

  /** The same from another first seed. */
  public PcaOptions withFirstSeed(long value) {
    return new PcaOptions(
        samples,
        value,
        components,
        oversampling,
        scope,
        rotation,
        restarts,
        sampling,
        checkpoint,
        saveEvery);
  }

  /** The same with k directions. */
  public PcaOptions withComponents(int value) {
    return new PcaOptions(
        samples,
        firstSeed,
        value,
        oversampling,
        scope,
        rotation,
        restarts,
        sampling,
        checkpoint,
        saveEvery);
  }

  /** The same with another scope. */
  public PcaOptions withScope(PcaScope value) {
    return new PcaOptions(
        samples,
        firstSeed,
        components,
        oversampling,
        value,
        rotation,
        restarts,
        sampling,
        checkpoint,
        saveEvery);
  }

  /** The same over whole trajectories, with the components rotated. */
  public PcaOptions withRotation(PcaRotation value) {
    return new PcaOptions(
        samples,
        firstSeed,
        components,
        oversampling,
        PcaScope.TRAJECTORY,
        value,
        restarts,
        sampling,
        checkpoint,
        saveEvery);
  }

  /** The same with other sampling. */
  public PcaOptions withSampling(SamplingOptions value) {
    return new PcaOptions(
        samples,
        firstSeed,
        components,
        oversampling,
        scope,
        rotation,
        restarts,
        value,
        checkpoint,
        saveEvery);
  }

  /**
   * The same, saving progress in a file now and then and continuing from it when it exists.
   *
   * @param every time between two saves
   */
  public PcaOptions withCheckpoint(Path file, Duration every) {
    return new PcaOptions(
        samples,
        firstSeed,
        components,
        oversampling,
        scope,
        rotation,
        restarts,
        sampling,
        file,
        every);
  }
}
