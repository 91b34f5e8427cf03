package org.hspace.nativelib;

import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;

/** Calls into C++, with its exceptions translated. */
public final class NativeCall {
  private NativeCall() {}

  /**
   * Makes a call and {@linkplain HspaceException#of translates} what it throws. Only exceptions
   * that came out of C++ are translated: JavaCPP throws those as plain {@link RuntimeException}s,
   * while every subclass is an error of the Java code.
   *
   * @return the result of the call
   */
  public static <T> T translating(Supplier<T> call) {
    try {
      return call.get();
    } catch (RuntimeException error) {
      throw error.getClass() == RuntimeException.class ? HspaceException.of(error) : error;
    }
  }

  /**
   * {@link #translating} in a {@link PointerScope} of its own: the pointers that the call makes are
   * freed when it returns, but for those that it gives to a {@link NativeResource} or retains.
   *
   * @return the result of the call
   */
  public static <T> T scoped(Supplier<T> call) {
    return translating(
        () -> {
          try (PointerScope scope = new PointerScope()) {
            return call.get();
          }
        });
  }

  /** {@link #scoped(Supplier)} for a call without a result. */
  public static void scoped(Runnable call) {
    scoped(
        () -> {
          call.run();
          return null;
        });
  }
}
