package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.hspace.HspaceException;
import org.hspace.app.Seeds;
import org.hspace.app.Strengths;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
  @Test
  void seedsAreNumbersAndRanges() {
    assertArrayEquals(new long[] {7}, Seeds.parse("7").values());
    assertArrayEquals(new long[] {0, 1, 2, 20, 5, 6}, Seeds.parse("0-2,20,5-6").values());
    assertArrayEquals(new long[] {3, 4}, Seeds.parse(" 3 , 4 ").values());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "1,", "-1", "3-1", "1-2-3", "1.5", "0-3,2", "0-99999999999"})
  void otherSeedsAreRefused(String text) {
    String message = assertThrows(HspaceException.class, () -> Seeds.parse(text)).getMessage();
    assertTrue(message.startsWith("seeds: "), message);
  }

  @Test
  void strengthsAreNumbers() {
    assertArrayEquals(
        new double[] {-3, -1.5, 0, 1.5, 3}, Strengths.parse("-3,-1.5, 0,1.5,3").values());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1,,2", "one", "1;2", "NaN", "Infinity"})
  void otherStrengthsAreRefused(String text) {
    String message = assertThrows(HspaceException.class, () -> Strengths.parse(text)).getMessage();
    assertTrue(message.startsWith("strengths: expected numbers"), message);
  }

  @ParameterizedTest
  @CsvSource({"0,0", "-3,−3", "1.5,+1.5", "0.25,+0.25", "10,+10", "-100,−100"})
  void strengthsInCaptionsHaveASign(double strength, String caption) {
    assertEquals(caption, Strengths.caption(strength));
  }

  @ParameterizedTest
  @CsvSource({"0,0:00", "7.4,0:07", "59.6,1:00", "754,12:34", "3723,1:02:03"})
  void timesReadLikeAClock(double seconds, String clock) {
    assertEquals(clock, ProgressLine.clock(seconds));
  }
}
