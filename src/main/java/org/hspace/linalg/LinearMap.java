package org.hspace.linalg;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * Several independent linear maps {@code A_p}, one a problem, that share a domain and a codomain
 * and are applied in one batch.
 *
 * <p>The denoiser's Jacobians at T timesteps are T problems. Solvers see nothing else of the
 * network: they run on any map whose two products satisfy {@code <A v, u> = <v, Aᵀ u>}.
 */
public interface LinearMap {
  /** Number of problems P. */
  int problems();

  /**
   * A number of one of the problems that its start vectors are drawn by; where problems are solved
   * in turns it should not depend on which share a turn.
   */
  default long identity(int problem) {
    return problem;
  }

  /** Shape of one domain vector, for the denoiser's Jacobian {@code {c, h, w}}. */
  long[] domain();

  /** Shape of one codomain vector, for the denoiser's Jacobian {@code {C, H, W}}. */
  long[] codomain();

  /** Type and device of the vectors that the products take and return. */
  TensorOptions options();

  /**
   * The products {@code A_{problem[i]} v_i}.
   *
   * @param v (n, domain...)
   * @param problem n problem numbers in [0, P), ascending
   * @return (n, codomain...), owned by the caller
   */
  Tensor apply(Tensor v, int[] problem);

  /**
   * The products {@code A_{problem[i]}ᵀ u_i}.
   *
   * @param u (n, codomain...)
   * @param problem n problem numbers in [0, P), ascending
   * @return (n, domain...), owned by the caller
   */
  Tensor applyTranspose(Tensor u, int[] problem);
}
