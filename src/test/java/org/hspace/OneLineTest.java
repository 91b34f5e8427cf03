package org.hspace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class OneLineTest {
  @Test
  void controlCharactersAreEscaped() {
    assertEquals(
        "a\\nb\\rc\\u0000\\u001b[31m\\u0085\\u2028\\ud800", //
        OneLine.of("a\nb\rc\0\u001b[31m\u0085\u2028\ud800"));
  }

  @Test
  void namesOfAllScriptsStay() {
    String text = "é 顔 😀 'x\\n'";
    assertEquals(text, OneLine.of(text));
  }

  @Test
  void userErrorsAreOneLine() {
    assertEquals("found 'a\\nb'", new HspaceException("found 'a\nb'").getMessage());
  }
}
