package org.hspace;

/**
 * An error that the user can put right: a bad file, a bad option, a full disk. The message says
 * what was expected, what was found, and where; a C++ trace, if there was one, is in the cause. It
 * is {@linkplain OneLine one line}, but for the native library's lists of what does not fit.
 */
public class HspaceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An error with a message for the user. */
  public HspaceException(String message) {
    super(OneLine.of(message));
  }

  /** An error with a message for the user and what led to it. */
  public HspaceException(String message, Throwable cause) {
    super(OneLine.of(message), cause);
  }

  private HspaceException(RuntimeException cause, String lines) {
    super(lines, cause);
  }

  /**
   * An {@code hspace::Error}, whose text may have several lines.
   *
   * @param cause what JavaCPP made of it
   */
  public static HspaceException ofNative(String lines, RuntimeException cause) {
    return new HspaceException(cause, lines);
  }
}
