package org.hspace.trajectory;

import static org.bytedeco.pytorch.global.torch.eye;
import static org.bytedeco.pytorch.global.torch.linalg_solve;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Tensors;

/**
 * Accelerates a fixed-point iteration {@code x ← g(x)} of each row (Anderson 1965; Walker and Ni
 * 2011, "type II"): the next iterate is the combination of the last images g(x) whose changes
 * {@code g(x) - x}, combined alike, are smallest. Rows do not mix.
 */
final class AndersonMixing implements AutoCloseable {
  private static final int DEPTH = 5;

  /**
   * Keeps the small least-squares problem solvable when changes become parallel; relative to its
   * trace.
   */
  private static final double REGULARISATION = 1e-10;

  private record Difference(Tensor image, Tensor change) {} // (B, D) each, double

  private final Deque<Difference> differences = new ArrayDeque<>();
  private Tensor lastImage; // g(x) (B, D), double
  private Tensor lastChange; // g(x) - x (B, D), double

  /**
   * The next iterate.
   *
   * @param x the present one (B, …)
   * @param image g(x) (B, …)
   * @return (B, …), owned by the enclosing scope or the caller
   */
  Tensor next(Tensor x, Tensor image) {
    return Tensors.scoped(
        () -> {
          Tensor g = image.to(ScalarType.Double).flatten(1, -1).clone(); // (B, D)
          Tensor change = g.sub(x.to(ScalarType.Double).flatten(1, -1)); // (B, D)
          if (lastImage != null) {
            remember(keep(g.sub(lastImage)), keep(change.sub(lastChange)));
            release(lastImage, lastChange);
          }
          lastImage = keep(g);
          lastChange = keep(change);
          if (differences.isEmpty()) return image.clone();
          return g.sub(correction(change)).view_as(image).to(image.scalar_type());
        });
  }

  /** Σ γ_j Δg_j with the γ that make {@code ‖change - Σ γ_j Δchange_j‖} smallest (B, D). */
  private Tensor correction(Tensor change) {
    List<Difference> all = List.copyOf(differences);
    Tensor changes =
        Tensors.stack(all.stream().map(Difference::change).toList()).transpose(0, 1); // (B, m, D)
    Tensor images =
        Tensors.stack(all.stream().map(Difference::image).toList()).transpose(0, 1); // (B, m, D)
    Tensor gram = changes.matmul(changes.transpose(1, 2)); // (B, m, m)
    Tensor trace = gram.diagonal(0, 1, 2).sum(-1); // (B)
    Tensor ridge =
        Tensors.times(trace, REGULARISATION)
            .clamp_min(new Scalar(Double.MIN_NORMAL))
            .view(-1, 1, 1);
    gram = gram.add(eye(gram.size(1), gram.options()).mul(ridge));
    Tensor weights = linalg_solve(gram, changes.matmul(change.unsqueeze(2))); // (B, m, 1)
    return images.mul(weights).sum(1);
  }

  private void remember(Tensor image, Tensor change) {
    differences.addLast(new Difference(image, change));
    if (differences.size() > DEPTH) {
      Difference oldest = differences.removeFirst();
      release(oldest.image(), oldest.change());
    }
  }

  /** Lets a tensor outlive the scope that it was made in. */
  private static Tensor keep(Tensor t) {
    t.retainReference();
    return t;
  }

  private static void release(Tensor... tensors) {
    for (Tensor t : tensors) t.releaseReference();
  }

  /** Frees what was remembered. */
  @Override
  public void close() {
    if (lastImage == null) return;
    release(lastImage, lastChange);
    differences.forEach(one -> release(one.image(), one.change()));
    differences.clear();
    lastImage = null;
    lastChange = null;
  }
}
