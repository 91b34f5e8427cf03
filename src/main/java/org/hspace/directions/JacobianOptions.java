package org.hspace.directions;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.linalg.SvdOptions;
import org.hspace.nativelib.HspaceNative;
import org.hspace.pipeline.InjectInto;

/**
 * What image-specific directions are asked for.
 *
 * @param svd vectors a timestep, tolerance, limit of products, seed
 * @param krylov whether Golub-Kahan-Lanczos solves, or the paper's block power iteration
 * @param stepIndices which of the trajectory's steps, 0 the first (largest timestep); null for all
 * @param mask M (1, 1, H, W) of zeros and ones in a sample's size, not owned, or null for the whole
 *     image
 * @param maskName what provenance calls the mask; null without one
 * @param keepOutside λ: 0 finds singular vectors of M J; above 0, with a mask, local vectors: those
 *     that change the mask most and the rest least, {@code max ‖M J v‖² / (‖(1-M) J v‖² + λ s₁²
 *     ‖v‖²)} with s₁ the largest singular value of J
 * @param injectInto which passes of guidance h varies in
 * @param memory bytes that the linearised decoder and the solver's bases may take together
 */
public record JacobianOptions(
    SvdOptions svd,
    boolean krylov,
    int[] stepIndices,
    Tensor mask,
    String maskName,
    double keepOutside,
    InjectInto injectInto,
    long memory) {
  /** The paper's code: k = 3, all timesteps, no mask; residual 1e-3, 2 GiB. */
  public static final JacobianOptions DEFAULT =
      new JacobianOptions(SvdOptions.of(3), true, null, null, null, 0, InjectInto.BOTH, 2L << 30);

  /**
   * By the fast solver, into both passes, within the usual memory.
   *
   * @param keepOutside λ of local vectors; 0 for singular vectors
   */
  public static JacobianOptions of(
      SvdOptions svd, int[] stepIndices, Tensor mask, String maskName, double keepOutside) {
    return new JacobianOptions(
        svd,
        true,
        stepIndices,
        mask,
        maskName,
        keepOutside,
        DEFAULT.injectInto(),
        DEFAULT.memory());
  }

  /** So many of T steps, the middles of equal parts of the way; fewer where T is less. */
  public static int[] spread(int count, int steps) {
    return IntStream.range(0, count)
        .map(i -> (int) ((i + 0.5) / count * steps))
        .distinct()
        .toArray();
  }

  public JacobianOptions {
    if (memory < 1) throw new HspaceException("memory: expected above 0, found " + memory);
    if (!(keepOutside >= 0 && Double.isFinite(keepOutside))) {
      throw new HspaceException("keep-outside: expected a number above 0, found " + keepOutside);
    }
    if (keepOutside > 0 && mask == null) {
      throw new HspaceException("keep-outside: expected a mask to keep what is outside of");
    }
    if (stepIndices != null && stepIndices.length == 0) {
      throw new HspaceException("timesteps: expected at least one, found none");
    }
  }

  /**
   * The C++ object; of the enclosing scope.
   *
   * @param steps which of the trajectory's steps
   */
  HspaceNative.JacobianOptions options(int[] steps) {
    HspaceNative.JacobianOptions options =
        new HspaceNative.JacobianOptions()
            .svd(svd.options(krylov ? HspaceNative.GOLUB_KAHAN : HspaceNative.BLOCK_POWER))
            .memory(memory)
            .keepOutside(keepOutside)
            .injectInto(injectInto.ordinal())
            .steps(new LongVector(Arrays.stream(steps).asLongStream().toArray()));
    if (mask != null) options.mask(mask);
    return options;
  }
}
