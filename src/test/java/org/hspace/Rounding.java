package org.hspace;

/**
 * How far two computations of one value may lie apart when only the order of their operations
 * differs, as it does between processors, batch sizes and numbers of threads.
 *
 * <p>The probabilistic bound of Higham and Mary (A new approach to probabilistic rounding error
 * analysis, 2019): a chain of n operations of unit roundoff u errs by at most λ√n u of the
 * magnitude, but for a chance of 2 exp(-λ²/2). Here λ = 8: 3e-14. Either of the two may err.
 */
public final class Rounding {
  private static final double LAMBDA = 8;

  private Rounding() {}

  /**
   * In single precision.
   *
   * @param operations the longest chain of operations that lead to the value; of a sum of products,
   *     its terms
   * @param magnitude of the largest value on the way
   */
  public static double float32(long operations, double magnitude) {
    return 2 * LAMBDA * Math.sqrt(operations) * 0x1p-24 * magnitude;
  }

  /** The same in double precision. */
  public static double float64(long operations, double magnitude) {
    return 2 * LAMBDA * Math.sqrt(operations) * 0x1p-53 * magnitude;
  }
}
