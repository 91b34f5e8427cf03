package org.hspace.schedule;

/**
 * The timesteps that sampling and inversion visit, largest first, with the cumulative products at
 * both ends of each step.
 *
 * <p>Step i goes from timestep {@code timesteps[i]} to the next lattice point {@code
 * timesteps[i+1]}; the last step ends at the image. Both directions use this one lattice, so ᾱ of
 * the end of a step is ᾱ of the start of the next. (diffusers' DDIM takes {@code t - N/T} for the
 * end of a step instead, which is the same for the spacing "leading".)
 *
 * @param timesteps T training timesteps, descending
 * @param alphaBar ᾱ_t at the start of each step (T)
 * @param alphaBarPrevious ᾱ_p at the end of each step (T); the last is the scheduler's final ᾱ
 */
public record Lattice(int[] timesteps, double[] alphaBar, double[] alphaBarPrevious) {
  public Lattice {
    timesteps = timesteps.clone();
    alphaBar = alphaBar.clone();
    alphaBarPrevious = alphaBarPrevious.clone();
    if (alphaBar.length != timesteps.length || alphaBarPrevious.length != timesteps.length) {
      throw new IllegalArgumentException("timesteps, alphaBar, alphaBarPrevious differ in length");
    }
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
    double alpha = alphaBar[step];
    double previous = alphaBarPrevious[step];
    if (eta == 0 || previous >= 1 || alpha >= previous) return 0;
    return eta * Math.sqrt((1 - previous) / (1 - alpha)) * Math.sqrt(1 - alpha / previous);
  }

  /**
   * Whether any step adds noise.
   *
   * @param eta η at each step (T)
   */
  public boolean addsNoise(double[] eta) {
    for (int i = 0; i < eta.length; i++) {
      if (sigma(i, eta[i]) > 0) return true;
    }
    return false;
  }
}
