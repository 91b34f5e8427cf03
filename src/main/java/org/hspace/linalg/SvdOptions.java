package org.hspace.linalg;

/**
 * What a solver is asked for.
 *
 * @param vectors singular triplets wanted of each problem, k
 * @param tolerance largest accepted {@code ‖Aᵀu - sv‖ / s}
 * @param maxProducts pairs of products a problem may spend before it is returned unconverged
 * @param basis vectors kept before a restart; 0 lets the solver choose. {@link BlockPower}: its
 *     block size
 * @param seed start vectors are drawn from this seed and the problem's number, so they do not
 *     depend on what else is in the batch
 */
public record SvdOptions(int vectors, double tolerance, int maxProducts, int basis, long seed) {
  public SvdOptions {
    if (vectors < 1) throw new IllegalArgumentException("vectors: at least 1, found " + vectors);
    if (!(tolerance > 0 && Double.isFinite(tolerance)))
      throw new IllegalArgumentException("tolerance: a number above 0, found " + tolerance);
    if (maxProducts < 1) {
      throw new IllegalArgumentException("maxProducts: at least 1, found " + maxProducts);
    }
    if (basis != 0 && basis < vectors + 3) {
      throw new IllegalArgumentException(
          "basis: 0 or at least vectors + 3 = " + (vectors + 3) + ", found " + basis);
    }
  }

  /** k vectors to a residual of 1e-3, at most 500 pairs of products. */
  public static SvdOptions of(int vectors) {
    return new SvdOptions(vectors, 1e-3, 500, 0, 0);
  }
}
