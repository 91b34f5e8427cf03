package org.hspace.text;

import java.text.Normalizer;

/**
 * What transformers' {@code CLIPTokenizer} does to a text before it looks for tokens: its {@code
 * BasicTokenizer}, without accents stripped and punctuation split.
 */
final class PlainText {
  private static final int REPLACEMENT = 0xFFFD;

  /** First and last of the blocks of Chinese characters, each of which is a word. */
  private static final int[][] CHINESE = {
    {0x4E00, 0x9FFF},
    {0x3400, 0x4DBF},
    {0x20000, 0x2A6DF},
    {0x2A700, 0x2B73F},
    {0x2B740, 0x2B81F},
    {0x2B820, 0x2CEAF},
    {0xF900, 0xFAFF},
    {0x2F800, 0x2FA1F},
  };

  private PlainText() {}

  /** Lower-case words with one blank between them. */
  static String of(String text) {
    StringBuilder kept = new StringBuilder();
    text.codePoints().forEach(c -> append(kept, c));
    String[] words =
        Normalizer.normalize(kept, Normalizer.Form.NFC).strip().split("[ \\u2028\\u2029]+");
    for (int i = 0; i < words.length; i++) words[i] = LowerCase.of(words[i]);
    return String.join(" ", words);
  }

  private static void append(StringBuilder kept, int c) {
    if (c == '\t' || c == '\n' || c == '\r' || Character.getType(c) == Character.SPACE_SEPARATOR) {
      kept.append(' ');
    } else if (isChinese(c)) {
      kept.append(' ').appendCodePoint(c).append(' ');
    } else if (!isDropped(c)) {
      kept.appendCodePoint(c);
    }
  }

  /**
   * Controls, formats, private characters and halves of others. Characters that are not assigned
   * would go too, but which these are depends on the version of Unicode: to an older one, new emoji
   * are.
   */
  private static boolean isDropped(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
      default -> c == REPLACEMENT;
    };
  }

  private static boolean isChinese(int c) {
    for (int[] block : CHINESE) if (c >= block[0] && c <= block[1]) return true;
    return false;
  }
}
