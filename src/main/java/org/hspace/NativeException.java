package org.hspace;

/**
 * A C++ exception that is not the user's error but the program's: what LibTorch or the standard
 * library threw. Its message is the first line of the exception's; the whole is in the cause.
 */
public class NativeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An error with the first line of its text. */
  public NativeException(String message, Throwable cause) {
    super(message, cause);
  }
}
