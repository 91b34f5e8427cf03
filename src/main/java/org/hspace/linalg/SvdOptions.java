package org.hspace.linalg;

import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.NativeLibrary;

/**
 * What a solver of singular vectors is asked for.
 *
 * @param vectors singular triplets wanted of each problem, k
 * @param tolerance largest accepted {@code ‖Aᵀu - sv‖ / s}
 * @param maxProducts pairs of products a problem may spend before it is returned unconverged
 * @param basis vectors kept before a restart; 0 lets the solver choose. Of block power iteration:
 *     its block size
 * @param seed start vectors are drawn from this seed and the problem's number, so they do not
 *     depend on what else is in the batch
 */
public record SvdOptions(int vectors, double tolerance, int maxProducts, int basis, long seed) {
  /** k vectors to a residual of 1e-3, at most 500 pairs of products. */
  public static SvdOptions of(int vectors) {
    return new SvdOptions(vectors, 1e-3, 500, 0, 0);
  }

  /** The same for another number of vectors. */
  public SvdOptions withVectors(int count) {
    return new SvdOptions(count, tolerance, maxProducts, basis, seed);
  }

  /**
   * Checks them, as each use does.
   *
   * @throws org.hspace.HspaceException naming the option, and what is allowed
   */
  public void check() {
    NativeCall.scoped(() -> options(HspaceNative.GOLUB_KAHAN).check());
  }

  /**
   * The C++ object.
   *
   * @param solver {@link HspaceNative#GOLUB_KAHAN} or {@link HspaceNative#BLOCK_POWER}
   * @return of the enclosing scope
   */
  public HspaceNative.SvdOptions options(int solver) {
    NativeLibrary.load();
    return new HspaceNative.SvdOptions()
        .vectors(vectors)
        .tolerance(tolerance)
        .maxProducts(maxProducts)
        .basis(basis)
        .seed(seed)
        .solver(solver);
  }
}
