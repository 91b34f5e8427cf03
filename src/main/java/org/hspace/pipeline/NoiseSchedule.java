package org.hspace.pipeline;

import java.util.Arrays;
import org.bytedeco.pytorch.LongVector;
import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeValue;

/**
 * The cumulative products ᾱ_t of a diffusion model, and the lattices of timesteps cut from them.
 *
 * <p>The β and ᾱ are formed in single precision by the same LibTorch operators as diffusers'
 * DDIMScheduler uses, so that they are equal to its values; everything after is in double
 * precision.
 */
public final class NoiseSchedule extends NativeValue<HspaceNative.NoiseSchedule> {
  private NoiseSchedule(SchedulerConfig config) {
    super(() -> new HspaceNative.NoiseSchedule(config.handle()));
  }

  /** The schedule that a {@code scheduler_config.json} describes. */
  public static NoiseSchedule of(SchedulerConfig config) {
    return new NoiseSchedule(config);
  }

  /** Number of training timesteps N. */
  public int trainTimesteps() {
    return Math.toIntExact(read(HspaceNative.NoiseSchedule::trainTimesteps));
  }

  /**
   * ᾱ_t.
   *
   * @param timestep a training timestep from 0 to N - 1
   */
  public double alphaBar(int timestep) {
    return read(schedule -> schedule.alphaBar(timestep));
  }

  /** ᾱ at the end of the last step: 1 or ᾱ_0, as {@code set_alpha_to_one} says. */
  public double finalAlphaBar() {
    return read(HspaceNative.NoiseSchedule::finalAlphaBar);
  }

  /** What the network predicts. */
  public PredictionType predictionType() {
    return PredictionType.values()[read(HspaceNative.NoiseSchedule::predictionType)];
  }

  /**
   * The T timesteps of DDIMScheduler.set_timesteps for the configuration's spacing.
   *
   * @param steps T, from 1 to N
   * @throws HspaceException when T is out of range, or when the offset pushes a timestep out of the
   *     training range
   */
  public Lattice lattice(int steps) {
    return new Lattice(() -> handle().lattice(steps));
  }

  /**
   * A lattice of the given timesteps.
   *
   * @param timesteps descending training timesteps
   */
  public Lattice lattice(int[] timesteps) {
    long[] wide = Arrays.stream(timesteps).asLongStream().toArray();
    return new Lattice(() -> handle().lattice(new LongVector(wide)));
  }
}
