package org.hspace.text;

import java.util.Locale;

/**
 * Lower case as Unicode has it, and Python. Java's own takes a sigma for the last letter of a word
 * by other rules.
 */
final class LowerCase {
  private static final int SIGMA = 'Σ';

  /** What Unicode lets stand inside a word, beside marks, formats and modifiers. */
  private static final String INSIDE_WORDS =
      ":·\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a.\u2018\u2019\u2024\ufe52\uff07\uff0e'";

  private LowerCase() {}

  static String of(String text) {
    if (text.indexOf(SIGMA) < 0) return text.toLowerCase(Locale.ROOT);
    int[] characters = text.codePoints().toArray();
    StringBuilder lower = new StringBuilder();
    for (int i = 0; i < characters.length; i++) {
      if (characters[i] == SIGMA) {
        boolean last = letterNext(characters, i, -1) && !letterNext(characters, i, 1);
        lower.append(last ? 'ς' : 'σ');
      } else {
        lower.appendCodePoint(characters[i]);
      }
    }
    return lower.toString().toLowerCase(Locale.ROOT);
  }

  /** Whether the next character in a direction that counts has a case. */
  private static boolean letterNext(int[] characters, int from, int step) {
    int i = from + step;
    while (i >= 0 && i < characters.length && isIgnored(characters[i])) i += step;
    return i >= 0 && i < characters.length && hasCase(characters[i]);
  }

  private static boolean hasCase(int c) {
    return Character.isLowerCase(c) || Character.isUpperCase(c) || Character.isTitleCase(c);
  }

  private static boolean isIgnored(int c) {
    return switch (Character.getType(c)) {
      case Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.FORMAT,
          Character.MODIFIER_LETTER,
          Character.MODIFIER_SYMBOL ->
          true;
      default -> INSIDE_WORDS.indexOf(c) >= 0;
    };
  }
}
