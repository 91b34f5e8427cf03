package org.hspace.nativelib;

import static org.bytedeco.pytorch.global.torch.aminmax;
import static org.bytedeco.pytorch.global.torch.isfinite;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;

/** Whether numbers are finite: neither infinite nor "not a number". */
public final class Finite {
  private Finite() {}

  /** Whether all are; one reduction, in which a NaN carries through. */
  public static boolean all(Tensor t) {
    if (t.numel() == 0) return true;
    try (PointerScope scope = new PointerScope()) {
      T_TensorTensor_T ends = aminmax(t);
      return Double.isFinite(ends.get0().item_double())
          && Double.isFinite(ends.get1().item_double());
    }
  }

  /** What is wrong in a tensor that has other numbers: how many of them, and the first. */
  public static String found(Tensor t) {
    try (PointerScope scope = new PointerScope()) {
      Tensor wrong = isfinite(t).logical_not().flatten();
      Tensor where = wrong.nonzero().select(1, 0);
      double first = t.flatten().index_select(0, where.narrow(0, 0, 1)).item_double();
      return (Double.isNaN(first) ? "NaN" : first > 0 ? "infinity" : "-infinity")
          + " among %d of %d that are not".formatted(where.size(0), t.numel());
    }
  }

  /**
   * Passes a tensor on.
   *
   * @param what it is, for the message
   * @throws HspaceException when a number is infinite or not a number
   */
  public static Tensor require(Tensor t, String what) {
    if (all(t)) return t;
    throw new HspaceException(what + ": expected finite numbers, found " + found(t));
  }
}
