package org.hspace.nativelib;

/**
 * A C++ exception that is not the user's error but the program's: what LibTorch or the standard
 * library threw. Its message is the first line of the exception's; the whole is in the cause.
 */
public class NativeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NativeException(String message, Throwable cause) {
    super(message, cause);
  }
}
