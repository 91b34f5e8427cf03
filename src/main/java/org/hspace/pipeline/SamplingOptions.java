package org.hspace.pipeline;

import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;

/**
 * How trajectories are sampled.
 *
 * @param steps inference steps T
 * @param eta noise added at each step
 * @param hSpace where h is read
 * @param recordH whether h_t is kept at every step
 * @param batch rows of one network pass
 * @param noise how z comes from a seed
 * @param referenceSeeds whether noise follows the Python reference: seed for x_T, seed + 1 for z
 * @param clip whether predictions are clipped as the model's scheduler says
 * @param conditioning prompt, guidance, class
 */
public record SamplingOptions(
    int steps,
    EtaSchedule eta,
    HSpace hSpace,
    boolean recordH,
    int batch,
    StepNoise noise,
    boolean referenceSeeds,
    boolean clip,
    Conditioning conditioning) {
  private static final int MOST_STEPS = 1_000_000;

  /** T = 50, DDPM, h after the mid block and recorded, 16 rows a pass, a seed's Brownian path. */
  public static final SamplingOptions DEFAULT =
      new SamplingOptions(
          50,
          EtaSchedule.DDPM,
          HSpace.AFTER,
          true,
          16,
          StepNoise.BROWNIAN,
          false,
          false,
          Conditioning.NONE);

  public SamplingOptions {
    checkSteps(steps);
    if (batch < 1) throw new HspaceException("batch: expected at least 1, found " + batch);
  }

  /** How the samples that a provenance is of were made, h recorded, in batches of our own. */
  public static SamplingOptions of(Provenance provenance, int batch) {
    return new SamplingOptions(
        provenance.steps(),
        EtaSchedule.list(provenance.etaValues()),
        provenance.hSpace(),
        true,
        batch,
        provenance.noise(),
        provenance.referenceSeeds(),
        provenance.clipping() != null,
        provenance.conditioning());
  }

  /** No model has more training timesteps; how many its own has, only its schedule knows. */
  static void checkSteps(int steps) {
    if (steps < 1 || steps > MOST_STEPS) {
      throw new HspaceException("steps: expected 1 to " + MOST_STEPS + ", found " + steps);
    }
  }

  /** The same with T steps. */
  public SamplingOptions withSteps(int value) {
    return new SamplingOptions(
        value, eta, hSpace, recordH, batch, noise, referenceSeeds, clip, conditioning);
  }

  /** The same with another η. */
  public SamplingOptions withEta(EtaSchedule value) {
    return new SamplingOptions(
        steps, value, hSpace, recordH, batch, noise, referenceSeeds, clip, conditioning);
  }

  /** The same with h read elsewhere. */
  public SamplingOptions withHSpace(HSpace value) {
    return new SamplingOptions(
        steps, eta, value, recordH, batch, noise, referenceSeeds, clip, conditioning);
  }

  /** The same, keeping h_t or not. */
  public SamplingOptions withRecordH(boolean value) {
    return new SamplingOptions(
        steps, eta, hSpace, value, batch, noise, referenceSeeds, clip, conditioning);
  }

  /** The same with another batch. */
  public SamplingOptions withBatch(int value) {
    return new SamplingOptions(
        steps, eta, hSpace, recordH, value, noise, referenceSeeds, clip, conditioning);
  }

  /** The same with z coming otherwise from a seed. */
  public SamplingOptions withNoise(StepNoise value) {
    return new SamplingOptions(
        steps, eta, hSpace, recordH, batch, value, referenceSeeds, clip, conditioning);
  }

  /** The same with the reference's seeds or our own. */
  public SamplingOptions withReferenceSeeds(boolean value) {
    return new SamplingOptions(
        steps, eta, hSpace, recordH, batch, noise, value, clip, conditioning);
  }

  /** The same, clipping or not. */
  public SamplingOptions withClip(boolean value) {
    return new SamplingOptions(
        steps, eta, hSpace, recordH, batch, noise, referenceSeeds, value, conditioning);
  }

  /** The same of another prompt, guidance or class. */
  public SamplingOptions withConditioning(Conditioning value) {
    return new SamplingOptions(
        steps, eta, hSpace, recordH, batch, noise, referenceSeeds, clip, value);
  }

  /** The C++ value; of the enclosing scope. */
  HspaceNative.SamplingOptions toNative() {
    return new HspaceNative.SamplingOptions()
        .steps(steps)
        .eta(eta.toNative())
        .hSpace(hSpace.ordinal())
        .recordH(recordH)
        .batch(batch)
        .noise(noise.ordinal())
        .referenceSeeds(referenceSeeds)
        .clip(clip)
        .conditioning(conditioning.toNative());
  }
}
