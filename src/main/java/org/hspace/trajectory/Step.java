package org.hspace.trajectory;

import static org.hspace.nativelib.Tensors.plus;
import static org.hspace.nativelib.Tensors.times;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.hspace.model.Clipping;
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
 * @param clipping what is done to P_t; null for nothing
 * @param posterior whether D_t goes on with the ε that belongs to the clipped P_t
 */
record Step(
    double alphaBar,
    double alphaBarPrevious,
    double sigma,
    PredictionType prediction,
    Clipping clipping,
    boolean posterior) {
  static Step of(Lattice lattice, int i, double eta, PredictionType prediction, Clipping clipping) {
    return new Step(
        lattice.alphaBar()[i],
        lattice.alphaBarPrevious()[i],
        lattice.sigma(i, eta),
        prediction,
        clipping,
        clipping != null && clipping.posterior() && eta == 1);
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

  /** P_t clipped as the scheduler says (B, C, H, W). */
  private Tensor clipped(Tensor x, Tensor output) {
    Tensor clean = clean(x, output);
    if (clipping == null) return clean;
    if (clipping.range() != null) return clamp(clean, clipping.range());
    Tensor sizes = clean.abs().flatten(1, -1); // (B, CHW)
    Tensor quantile =
        sizes.quantile(clipping.ratio(), new LongOptional(1), true, "linear"); // (B, 1)
    Tensor limit =
        torch
            .minimum(
                torch.maximum(quantile, torch.ones_like(quantile)),
                torch.full_like(quantile, new Scalar(clipping.maximum())))
            .view(-1, 1, 1, 1); // (B, 1, 1, 1)
    return torch.maximum(torch.minimum(clean, limit), limit.neg()).div(limit);
  }

  private static Tensor clamp(Tensor x, double range) {
    return x.clamp(new ScalarOptional(new Scalar(-range)), new ScalarOptional(new Scalar(range)));
  }

  /** The ε of D_t (B, C, H, W). */
  private Tensor direction(Tensor x, Tensor output) {
    if (!posterior) return noise(x, output);
    return times(plus(x, clipped(x, output), -signal()), 1 / spread());
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
        times(clipped(x, outputOfP), Math.sqrt(alphaBarPrevious)), direction(x, outputOfD), pull());
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
