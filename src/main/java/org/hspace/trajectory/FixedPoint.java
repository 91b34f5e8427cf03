package org.hspace.trajectory;

import static org.bytedeco.pytorch.global.torch.where;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Tensors;

/**
 * Solves one noiseless step f backwards: the x_t with {@code f(x_t) = x_p}. That equation, solved
 * for the x_t outside of ε, is the fixed point of {@code x ↦ backward(x_p, ε(x))}; {@link
 * AndersonMixing} makes its iteration converge in few passes.
 *
 * @param x of each row the iterate with the smallest residual (B, C, H, W); owned by the enclosing
 *     scope or the caller
 * @param residual {@code ‖f(x) - x_p‖ / ‖x_p‖} of each row (B)
 */
record FixedPoint(Tensor x, double[] residual) {

  /**
   * The first-order answer for step i: ε evaluated at x_p, at the timestep of x_t.
   *
   * @param end x_p (B, C, H, W)
   * @return x_t (B, C, H, W), owned by the enclosing scope or the caller
   */
  static Tensor firstOrder(Denoiser denoiser, int i, Tensor end) {
    return Tensors.scoped(
        () -> denoiser.finite(i, end, image(denoiser, i, end, end), Injection.NONE));
  }

  /**
   * Solves step i. A row whose iteration runs away keeps its best iterate so far.
   *
   * @param end x_p (B, C, H, W)
   * @param refine iterations after the first-order answer
   * @param tolerance stops when every row's residual is at most this
   */
  static FixedPoint solve(Denoiser denoiser, int i, Tensor end, int refine, double tolerance) {
    Step step = denoiser.step(i);
    // backward(x_p, ε(x)) - x = √(ᾱ_t/ᾱ_p) (x_p - f(x))
    double toResidual = Math.sqrt(step.alphaBarPrevious() / step.alphaBar());
    double[] scale = norms(end);
    double[] best = new double[scale.length];
    Arrays.fill(best, Double.POSITIVE_INFINITY);
    Tensor x = firstOrder(denoiser, i, end);
    Tensor kept = x.clone();
    try (AndersonMixing mixing = new AndersonMixing()) {
      for (int k = 0; ; k++) {
        Tensor image = image(denoiser, i, end, x);
        double[] change = distances(image, x);
        double[] better = new double[best.length];
        boolean solved = true;
        for (int row = 0; row < best.length; row++) {
          double residual = change[row] * toResidual / scale[row];
          better[row] = residual < best[row] ? 1 : 0;
          best[row] = Math.min(best[row], residual);
          solved &= best[row] <= tolerance;
        }
        Tensor former = kept;
        kept = choose(better, x, former);
        former.close();
        Tensor next = solved || k == refine ? null : mixing.next(x, image);
        x.close();
        image.close();
        if (next == null) return new FixedPoint(kept, best);
        x = next;
      }
    }
  }

  private static Tensor image(Denoiser denoiser, int i, Tensor end, Tensor x) {
    return Tensors.scoped(() -> denoiser.step(i).backward(end, denoiser.noise(i, x)));
  }

  /** Rows of a where the flag is 1, rows of b elsewhere. */
  private static Tensor choose(double[] flags, Tensor a, Tensor b) {
    return Tensors.scoped(
        () -> {
          Tensor condition = Tensors.of(flags, flags.length, 1, 1, 1).gt(new Scalar(0.5));
          return where(condition.to(a.device(), ScalarType.Bool), a, b);
        });
  }

  private static double[] distances(Tensor a, Tensor b) {
    try (PointerScope scope = new PointerScope()) {
      return norms(a.sub(b));
    }
  }

  /** Euclidean norm of each row (B). */
  private static double[] norms(Tensor t) {
    try (PointerScope scope = new PointerScope()) {
      return Tensors.doubles(t.to(ScalarType.Double).square().flatten(1, -1).sum(1).sqrt());
    }
  }
}
