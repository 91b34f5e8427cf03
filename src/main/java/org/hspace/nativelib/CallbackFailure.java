package org.hspace.nativelib;

import java.util.function.Supplier;

/**
 * What Java code threw when C++ called it back. C++ cannot carry it: the callback keeps it here and
 * has C++ end the call, out of which {@link #call} throws it again.
 */
public final class CallbackFailure {
  private Throwable thrown;

  /** Keeps what a callback threw; what comes after the first is a consequence. */
  public void keep(Throwable failure) {
    if (thrown == null) thrown = failure;
  }

  /**
   * Makes a call into C++.
   *
   * @return the result of the call
   * @throws RuntimeException what a callback threw, the same object; otherwise what the call throws
   */
  public <T> T call(Supplier<T> call) {
    try {
      return call.get();
    } catch (RuntimeException error) {
      if (thrown == null) throw error;
      throw CallbackFailure.<RuntimeException>unchanged(thrown);
    }
  }

  /** Whatever it is: a callback may throw what its signature does not say. */
  @SuppressWarnings("unchecked")
  private static <E extends Throwable> E unchanged(Throwable thrown) throws E {
    throw (E) thrown;
  }
}
