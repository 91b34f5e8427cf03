package org.hspace.nativelib;

/**
 * An error that the user can put right: a bad file, a bad option, a full disk. The message says
 * what was expected, what was found, and where; a C++ trace, if there was one, is in the cause.
 */
public class HspaceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What {@code hspace::Error::what()} begins with. */
  private static final String NATIVE_PREFIX = "hspace: ";

  /** An error with a message for the user. */
  public HspaceException(String message) {
    super(message);
  }

  /** An error with a message for the user and what led to it. */
  public HspaceException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * Translates what a native call threw. The text of an {@code hspace::Error} is kept whole,
   * without its prefix; of any other C++ exception (LibTorch's carry a trace) the first line is the
   * message. The exception itself becomes the cause.
   *
   * @param error what JavaCPP made of a C++ exception
   */
  public static HspaceException of(RuntimeException error) {
    if (error instanceof HspaceException translated) {
      return translated;
    }
    String text = error.getMessage() == null ? error.toString() : error.getMessage();
    if (text.startsWith(NATIVE_PREFIX)) {
      return new HspaceException(text.substring(NATIVE_PREFIX.length()), error);
    }
    return new HspaceException(text.lines().findFirst().orElse("unknown native error"), error);
  }
}
