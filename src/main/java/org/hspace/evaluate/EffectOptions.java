package org.hspace.evaluate;

import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.SeedRange;

/**
 * How effects of edits are measured.
 *
 * @param samples samples of a set, n
 * @param sets sets of different seeds, R; the spread of a figure is over these
 * @param firstSeed sets take seeds from here on; calibration takes those after the last set
 * @param amount how far each direction's own attribute shall move, in standard deviations of its
 *     score over unedited samples
 * @param maxStrength largest strength that calibration may choose
 * @param strength one strength for all directions, instead of calibrating each
 * @param calibration samples for calibrating
 * @param sampling T, η and batch
 * @param editing how edits are decoded; the batch is that of the samples
 * @param mask M (1, 1, H, W) in a picture's size that splits the change of pixels into inside and
 *     outside; not owned, null for none
 */
public record EffectOptions(
    int samples,
    int sets,
    long firstSeed,
    double amount,
    double maxStrength,
    OptionalDouble strength,
    int calibration,
    SamplingOptions sampling,
    EditOptions editing,
    Tensor mask) {
  /**
   * The paper's Table I: 100 samples of 10 sets; each direction moves its attribute by half a
   * standard deviation, for one with two values can hardly move by more than one.
   */
  public static final EffectOptions DEFAULT =
      new EffectOptions(
          100,
          10,
          1_000_000,
          0.5,
          4,
          OptionalDouble.empty(),
          96,
          SamplingOptions.DEFAULT.withSteps(10).withRecordH(false),
          EditOptions.DEFAULT,
          null);

  public EffectOptions {
    if (samples < 2) throw new HspaceException("samples: expected at least 2, found " + samples);
    if (sets < 1) throw new HspaceException("seed-sets: expected at least 1, found " + sets);
    if (calibration < 2)
      throw new HspaceException("calibration: expected at least 2, found " + calibration);
    SeedRange.check(firstSeed, (long) samples * sets + calibration);
    if (!(amount > 0 && Double.isFinite(amount)))
      throw new HspaceException("amount: expected above 0, found " + amount);
    if (strength.isPresent() && !Double.isFinite(strength.getAsDouble()))
      throw new HspaceException("strength: expected a number, found " + strength.getAsDouble());
    if (!(maxStrength > 0 && Double.isFinite(maxStrength)))
      throw new HspaceException("max-strength: expected above 0, found " + maxStrength);
  }

  /**
   * Samples for calibrating where so many are measured in all: no more than these, and enough for a
   * deviation.
   */
  public static int calibrationFor(long measured) {
    return (int) Math.max(2, Math.min(DEFAULT.calibration, measured));
  }
}
