package org.hspace.nativelib;

/**
 * An error that the user can put right: a bad file, a bad option, a full disk. The message says
 * what was expected, what was found, and where; a C++ trace, if there was one, is in the cause.
 */
public class HspaceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An error with a message for the user. */
  public HspaceException(String message) {
    super(message);
  }

  /** An error with a message for the user and what led to it. */
  public HspaceException(String message, Throwable cause) {
    super(message, cause);
  }
}
