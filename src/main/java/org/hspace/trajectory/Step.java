package org.hspace.trajectory;

import static org.hspace.nativelib.Tensors.plus;
import static org.hspace.nativelib.Tensors.times;

import org.bytedeco.pytorch.Tensor;
import org.hspace.schedule.Lattice;
import org.hspace.schedule.PredictionType;

/**
 * The arithmetic of one sampling step, Eqs 1-5 of the paper: the coefficients of step i of a
 * lattice at a given η.
 *
 * @param alphaBar ᾱ_t at the step's start
 * @param alphaBarPrevious ᾱ_p at its end
 * @param sigma σ_t
 * @param prediction what the network's output is
 */
record Step(double alphaBar, double alphaBarPrevious, double sigma, PredictionType prediction) {
  static Step of(Lattice lattice, int i, double eta, PredictionType prediction) {
    return new Step(
        lattice.alphaBar()[i], lattice.alphaBarPrevious()[i], lattice.sigma(i, eta), prediction);
  }

  private double signal() {
    return Math.sqrt(alphaBar); // √ᾱ_t
  }

  private double spread() {
    return Math.sqrt(1 - alphaBar); // √(1-ᾱ_t)
  }

  /** Coefficient of ε in D_t: √(1-ᾱ_p-σ²). */
  private double pull() {
    return Math.sqrt(Math.max(0, 1 - alphaBarPrevious - sigma * sigma));
  }

  /** P_t, the predicted x_0 (B, C, H, W), from x_t and the network's output. */
  Tensor clean(Tensor x, Tensor output) {
    return switch (prediction) {
      case EPSILON -> times(plus(x, output, -spread()), 1 / signal());
      case V_PREDICTION -> plus(times(x, signal()), output, -spread());
      case SAMPLE -> output;
    };
  }

  /** ε (B, C, H, W), from x_t and the network's output. */
  Tensor noise(Tensor x, Tensor output) {
    return switch (prediction) {
      case EPSILON -> output;
      case V_PREDICTION -> plus(times(output, signal()), x, spread());
      case SAMPLE -> times(plus(x, output, -signal()), 1 / spread());
    };
  }

  /**
   * x_p without its σ_t z_t: √ᾱ_p P_t + D_t, with P_t and D_t from outputs that may differ (Asyrp).
   */
  Tensor mean(Tensor x, Tensor outputOfP, Tensor outputOfD) {
    return plus(
        times(clean(x, outputOfP), Math.sqrt(alphaBarPrevious)), noise(x, outputOfD), pull());
  }

  /**
   * x_t such that the η = 0 step from it with that ε ends at x_p: √(ᾱ_t/ᾱ_p) x_p + (√(1-ᾱ_t) -
   * √(ᾱ_t/ᾱ_p) √(1-ᾱ_p)) ε.
   *
   * @param end x_p (B, C, H, W)
   * @param noise ε (B, C, H, W)
   */
  Tensor backward(Tensor end, Tensor noise) {
    double ratio = Math.sqrt(alphaBar / alphaBarPrevious);
    return plus(times(end, ratio), noise, spread() - ratio * Math.sqrt(1 - alphaBarPrevious));
  }

  /** x_t drawn from x_0: √ᾱ_t x_0 + √(1-ᾱ_t) noise. */
  Tensor diffuse(Tensor x0, Tensor noise) {
    return plus(times(x0, signal()), noise, spread());
  }
}
