package org.hspace.pipeline;

import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;

/**
 * How edits are decoded.
 *
 * @param asymmetric whether Δh goes into P_t only (Asyrp), or into both P_t and D_t
 * @param batch cells of one network pass
 * @param injectInto which passes of guidance Δh goes into
 */
public record EditOptions(boolean asymmetric, int batch, InjectInto injectInto) {
  /** Into both, 16 cells a pass. */
  public static final EditOptions DEFAULT = new EditOptions(false, 16, InjectInto.BOTH);

  public EditOptions {
    if (batch < 1) throw new HspaceException("batch: expected at least 1, found " + batch);
  }

  /** The same, asymmetric or not. */
  public EditOptions withAsymmetric(boolean value) {
    return new EditOptions(value, batch, injectInto);
  }

  /** The same with another batch. */
  public EditOptions withBatch(int value) {
    return new EditOptions(asymmetric, value, injectInto);
  }

  /** The same, into other passes of guidance. */
  public EditOptions withInjectInto(InjectInto value) {
    return new EditOptions(asymmetric, batch, value);
  }

  /** The C++ value; of the enclosing scope. */
  HspaceNative.EditOptions toNative() {
    return new HspaceNative.EditOptions()
        .asymmetric(asymmetric)
        .batch(batch)
        .injectInto(injectInto.ordinal());
  }
}
