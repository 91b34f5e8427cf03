package org.hspace.app;

import org.hspace.HspaceException;

/**
 * What a new direction is called.
 *
 * @param text without the characters that mean something where directions are listed
 */
public record DirectionName(String text) {
  /**
   * Reads what the user wrote.
   *
   * @throws HspaceException when no {@code --direction} could address the name
   */
  public static DirectionName parse(String text) {
    if (text.isBlank() || !text.equals(text.strip()) || !addressable(text))
      throw new HspaceException(
          "expected a name without ':', '=', ',' and outer blanks, found '" + text + "'");
    return new DirectionName(text);
  }

  /** Whether a name, or a part of one, is free of the characters that mean something. */
  public static boolean addressable(String text) {
    return !text.matches(".*[:=,].*");
  }

  /** The name, or another one where the user gave none. */
  public static String orElse(DirectionName given, String other) {
    return given == null ? other : given.text;
  }
}
