package org.hspace.cli;

import org.hspace.nativelib.HspaceException;

/**
 * What a new direction is called.
 *
 * @param text without the characters that mean something where directions are listed
 */
record DirectionName(String text) {
  /**
   * Reads what the user wrote.
   *
   * @throws HspaceException when no {@code --direction} could address the name
   */
  static DirectionName parse(String text) {
    if (text.isBlank() || !text.equals(text.strip()) || !addressable(text))
      throw new HspaceException(
          "expected a name without ':', '=', ',' and outer blanks, found '" + text + "'");
    return new DirectionName(text);
  }

  /** Whether a name, or a part of one, is free of the characters that mean something. */
  static boolean addressable(String text) {
    return !text.matches(".*[:=,].*");
  }

  /** The name, or another one where the user gave none. */
  static String orElse(DirectionName given, String other) {
    return given == null ? other : given.text;
  }
}
