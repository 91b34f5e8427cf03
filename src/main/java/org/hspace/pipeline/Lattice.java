package org.hspace.pipeline;

import java.util.Arrays;
import java.util.function.Supplier;
import org.bytedeco.pytorch.DoubleVector;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeValue;

/**
 * The timesteps that sampling and inversion visit, largest first, with the cumulative products at
 * both ends of each step.
 *
 * <p>Step i goes from timestep {@code timesteps[i]} to the next lattice point {@code
 * timesteps[i+1]}; the last step ends at the image. Both directions use this one lattice, so ᾱ of
 * the end of a step is ᾱ of the start of the next. (diffusers' DDIM takes {@code t - N/T} for the
 * end of a step instead, which is the same for the spacing "leading".)
 */
public final class Lattice extends NativeValue<HspaceNative.Lattice> {
  private final int[] timesteps; // (T)
  private final double[] alphaBar; // (T)
  private final double[] alphaBarPrevious; // (T)

  /** What a C++ call returns. */
  public Lattice(Supplier<HspaceNative.Lattice> call) {
    super(call);
    this.timesteps =
        read(
            lattice ->
                Arrays.stream(lattice.timesteps().get()).mapToInt(Math::toIntExact).toArray());
    this.alphaBar = read(lattice -> lattice.alphaBar().get());
    this.alphaBarPrevious = read(lattice -> lattice.alphaBarPrevious().get());
  }

  /** T training timesteps, descending. */
  public int[] timesteps() {
    return timesteps.clone();
  }

  /** ᾱ_t at the start of each step (T). */
  public double[] alphaBar() {
    return alphaBar.clone();
  }

  /** ᾱ_p at the end of each step (T); the last is the scheduler's final ᾱ. */
  public double[] alphaBarPrevious() {
    return alphaBarPrevious.clone();
  }

  /** Number of steps T. */
  public int steps() {
    return timesteps.length;
  }

  /**
   * σ_t of step i for the given η: η √((1-ᾱ_p)/(1-ᾱ_t)) √(1-ᾱ_t/ᾱ_p); zero where ᾱ_p = ᾱ_t or ᾱ_p =
   * 1.
   */
  public double sigma(int step, double eta) {
    return read(lattice -> lattice.sigma(step, eta));
  }

  /**
   * Whether any step adds noise.
   *
   * @param eta η at each step (T)
   */
  public boolean addsNoise(double[] eta) {
    return read(lattice -> lattice.addsNoise(new DoubleVector(eta)));
  }
}
