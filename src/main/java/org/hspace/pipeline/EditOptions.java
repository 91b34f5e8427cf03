package org.hspace.pipeline;

import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;

/**
 * How edits are decoded.
 *
 * @param asymmetric whether Δh goes into P_t only (Asyrp), or into both P_t and D_t
 * @param batch cells of one network pass
 */
public record EditOptions(boolean asymmetric, int batch) {
  /** Into both, 16 cells a pass. */
  public static final EditOptions DEFAULT = new EditOptions(false, 16);

  public EditOptions {
    if (batch < 1) throw new HspaceException("batch: expected at least 1, found " + batch);
  }

  /** The same, asymmetric or not. */
  public EditOptions withAsymmetric(boolean value) {
    return new EditOptions(value, batch);
  }

  /** The same with another batch. */
  public EditOptions withBatch(int value) {
    return new EditOptions(asymmetric, value);
  }

  /** The C++ value; of the enclosing scope. */
  HspaceNative.EditOptions toNative() {
    return new HspaceNative.EditOptions().asymmetric(asymmetric).batch(batch);
  }
}
