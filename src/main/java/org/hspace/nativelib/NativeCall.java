package org.hspace.nativelib;

import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.HspaceException;
import org.hspace.NativeException;
import org.hspace.NativeMemoryException;

/**
 * Calls into C++, with its exceptions translated: {@code hspace::Error} is the user's error, {@link
 * HspaceException}; {@code hspace::Cancelled} is a {@link CancellationException}; want of memory is
 * a {@link NativeMemoryException}, and anything else that C++ throws a {@link NativeException}, an
 * error of the program's.
 */
public final class NativeCall {
  /** What {@code hspace::Error::what()} begins with. */
  private static final String USER_ERROR = "hspace: ";

  /** What {@code hspace::Cancelled::what()} begins with. */
  private static final String CANCELLED = "hspace cancelled";

  /** How the standard library and LibTorch say that there is no memory. */
  private static final Pattern NO_MEMORY =
      Pattern.compile("std::bad_alloc|allocate memory|out of memory", Pattern.CASE_INSENSITIVE);

  private NativeCall() {}

  /**
   * Makes a call and translates what it throws. Only exceptions that came out of C++ are
   * translated: JavaCPP throws those as plain {@link RuntimeException}s, while every subclass is an
   * error of the Java code. While the call is in flight, a JVM that ends leaves it what it works
   * on.
   *
   * @return the result of the call
   */
  public static <T> T translating(Supplier<T> call) {
    NativeLibrary.load();
    HspaceNative.beginCall();
    try {
      return call.get();
    } catch (RuntimeException error) {
      throw error.getClass() == RuntimeException.class ? translated(error) : error;
    } finally {
      HspaceNative.endCall();
    }
  }

  private static RuntimeException translated(RuntimeException error) {
    String text = error.getMessage() == null ? error.toString() : error.getMessage();
    if (text.startsWith(USER_ERROR)) {
      return HspaceException.ofNative(text.substring(USER_ERROR.length()), error);
    }
    if (text.startsWith(CANCELLED)) {
      return new CancellationException(text.substring("hspace ".length()));
    }
    String line = text.lines().findFirst().orElse("unknown C++ exception"); // LibTorch adds a trace
    return NO_MEMORY.matcher(line).find()
        ? new NativeMemoryException("out of memory: " + line, error)
        : new NativeException(line, error);
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
