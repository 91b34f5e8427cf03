package org.hspace.pipeline;

import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;

/**
 * How edits are decoded.
 *
 * @param asymmetric whether Δh goes into P_t only (Asyrp), or into both P_t and D_t
 * @param batch cells of one network pass
 * @param injectInto which passes of guidance Δh goes into
 * @param locality where edits act, and what is left alone elsewhere
 */
public record EditOptions(boolean asymmetric, int batch, InjectInto injectInto, Locality locality) {
  /** Into both, 16 cells a pass. */
  public static final EditOptions DEFAULT = new EditOptions(false, 16, InjectInto.BOTH);

  /** Of edits that act everywhere. */
  public EditOptions(boolean asymmetric, int batch, InjectInto injectInto) {
    this(asymmetric, batch, injectInto, Locality.NONE);
  }

  public EditOptions {
    if (batch < 1) throw new HspaceException("batch: expected at least 1, found " + batch);
  }

  /** The same, asymmetric or not. */
  public EditOptions withAsymmetric(boolean value) {
    return new EditOptions(value, batch, injectInto, locality);
  }

  /** The same with another batch. */
  public EditOptions withBatch(int value) {
    return new EditOptions(asymmetric, value, injectInto, locality);
  }

  /** The same, into other passes of guidance. */
  public EditOptions withInjectInto(InjectInto value) {
    return new EditOptions(asymmetric, batch, value, locality);
  }

  /** The same elsewhere. */
  public EditOptions withLocality(Locality value) {
    return new EditOptions(asymmetric, batch, injectInto, value);
  }

  /** The C++ value; of the enclosing scope. */
  HspaceNative.EditOptions toNative() {
    HspaceNative.EditOptions options =
        new HspaceNative.EditOptions()
            .asymmetric(asymmetric)
            .batch(batch)
            .injectInto(injectInto.ordinal())
            .skip(locality.skip())
            .seed(locality.seed())
            .keepBackground(locality.keepBackground())
            .threshold(locality.threshold());
    locality.relax().ifPresent(options::relax);
    if (locality.mask() != null) options.mask(locality.mask());
    return options;
  }
}
