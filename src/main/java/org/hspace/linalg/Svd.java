package org.hspace.linalg;

import org.bytedeco.pytorch.Tensor;

/**
 * The k leading singular triplets of one problem, with the evidence for them.
 *
 * @param u left singular vectors (k, codomain...)
 * @param s singular values (k), descending
 * @param v right singular vectors (k, domain...)
 * @param residuals {@code ‖Aᵀ u_i - s_i v_i‖ / s_i}, one a vector; infinite where {@code s_i = 0}
 *     and the vector is unknown
 * @param converged whether the residual of each vector met the tolerance
 * @param orthogonality {@code max |V Vᵀ - I|}, the larger of the left and the right vectors' errors
 * @param products pairs of products (one {@code A v} and one {@code Aᵀ u}) spent on this problem
 */
public record Svd(
    Tensor u,
    double[] s,
    Tensor v,
    double[] residuals,
    boolean[] converged,
    double orthogonality,
    long products)
    implements AutoCloseable {

  /** The largest of the residuals. */
  public double maxResidual() {
    double max = 0;
    for (double residual : residuals) max = Math.max(max, residual);
    return max;
  }

  /** True when every vector met the tolerance. */
  public boolean allConverged() {
    for (boolean one : converged) if (!one) return false;
    return true;
  }

  /** Frees the singular vectors. */
  @Override
  public void close() {
    u.close();
    v.close();
  }
}
