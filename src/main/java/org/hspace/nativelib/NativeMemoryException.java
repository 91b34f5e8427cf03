package org.hspace.nativelib;

/** C++ code asked for memory that there is not. */
public final class NativeMemoryException extends NativeException {
  private static final long serialVersionUID = 1L;

  NativeMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
