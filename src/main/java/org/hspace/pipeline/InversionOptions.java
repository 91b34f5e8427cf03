package org.hspace.pipeline;

import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;

/**
 * How images are inverted.
 *
 * @param steps inference steps T
 * @param eta noise of each step: all zero is DDIM inversion, anything else edit-friendly DDPM
 *     inversion
 * @param hSpace where h is read
 * @param recordH whether h_t of the reconstruction is kept at every step
 * @param refine most fixed-point iterations at each noiseless step; 0 is the plain first-order DDIM
 *     inversion
 * @param tolerance a step counts as solved when its relative residual is below this
 * @param seed DDPM inversion draws the noise of image i from seed + i
 * @param batch images of one network pass
 * @param conditioning prompt, guidance, class
 */
public record InversionOptions(
    int steps,
    EtaSchedule eta,
    HSpace hSpace,
    boolean recordH,
    int refine,
    double tolerance,
    long seed,
    int batch,
    Conditioning conditioning) {
  /**
   * T = 50, DDIM, up to 50 iterations a step (few steps need more than ten), h after the mid block
   * and recorded.
   */
  public static final InversionOptions DEFAULT =
      new InversionOptions(
          50, EtaSchedule.DDIM, HSpace.AFTER, true, 50, 1e-6, 0, 8, Conditioning.NONE);

  public InversionOptions {
    SamplingOptions.checkSteps(steps);
    if (batch < 1) throw new HspaceException("batch: expected at least 1, found " + batch);
    if (refine < 0) throw new HspaceException("refine: expected at least 0, found " + refine);
    if (!(tolerance > 0 && Double.isFinite(tolerance)))
      throw new HspaceException("tolerance: expected above 0, found " + tolerance);
  }

  /** The same with T steps. */
  public InversionOptions withSteps(int value) {
    return new InversionOptions(
        value, eta, hSpace, recordH, refine, tolerance, seed, batch, conditioning);
  }

  /** The same with another η. */
  public InversionOptions withEta(EtaSchedule value) {
    return new InversionOptions(
        steps, value, hSpace, recordH, refine, tolerance, seed, batch, conditioning);
  }

  /** The same with h read elsewhere. */
  public InversionOptions withHSpace(HSpace value) {
    return new InversionOptions(
        steps, eta, value, recordH, refine, tolerance, seed, batch, conditioning);
  }

  /** The same, keeping h_t or not. */
  public InversionOptions withRecordH(boolean value) {
    return new InversionOptions(
        steps, eta, hSpace, value, refine, tolerance, seed, batch, conditioning);
  }

  /** The same with another number of iterations. */
  public InversionOptions withRefine(int value) {
    return new InversionOptions(
        steps, eta, hSpace, recordH, value, tolerance, seed, batch, conditioning);
  }

  /** The same with another seed. */
  public InversionOptions withSeed(long value) {
    return new InversionOptions(
        steps, eta, hSpace, recordH, refine, tolerance, value, batch, conditioning);
  }

  /** The same with another batch. */
  public InversionOptions withBatch(int value) {
    return new InversionOptions(
        steps, eta, hSpace, recordH, refine, tolerance, seed, value, conditioning);
  }

  /** The same of another prompt, guidance or class. */
  public InversionOptions withConditioning(Conditioning value) {
    return new InversionOptions(steps, eta, hSpace, recordH, refine, tolerance, seed, batch, value);
  }

  /** The C++ value; of the enclosing scope. */
  HspaceNative.InversionOptions toNative() {
    return new HspaceNative.InversionOptions()
        .steps(steps)
        .eta(eta.toNative())
        .hSpace(hSpace.ordinal())
        .recordH(recordH)
        .refine(refine)
        .tolerance(tolerance)
        .seed(seed)
        .batch(batch)
        .conditioning(conditioning.toNative());
  }
}
