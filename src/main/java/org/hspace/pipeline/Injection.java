package org.hspace.pipeline;

import org.bytedeco.pytorch.Tensor;

/** What is added to the bottleneck at each step of a decoding. */
@FunctionalInterface
public interface Injection {
  /** No injection: the plain trajectory. */
  Injection NONE = (step, first, h) -> null;

  /**
   * Δh_t for one batch.
   *
   * @param step 0 is the first step (largest timestep)
   * @param first number of the batch's first row among all decoded rows
   * @param h the activation before injection (B, c, h, w), on the model's device
   * @return Δh (B, c, h, w) or (1, c, h, w), or null for none; made inside the caller's scope, or
   *     owned elsewhere
   */
  Tensor deltaH(int step, int first, Tensor h);

  /** Whether Δh goes into P_t only (Asyrp, two decoder passes) or into both P_t and D_t. */
  default boolean asymmetric() {
    return false;
  }

  /** Which passes of guidance Δh goes into. */
  default InjectInto into() {
    return InjectInto.BOTH;
  }
}
