package org.hspace;

/** C++ code asked for memory that there is not. */
public final class NativeMemoryException extends NativeException {
  private static final long serialVersionUID = 1L;

  /** An error with the first line of its text. */
  public NativeMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
