package org.hspace.schedule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.hspace.nativelib.HspaceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EtaScheduleTest {
  private static void check(String text, double... expected) {
    assertArrayEquals(expected, EtaSchedule.parse(text).values(expected.length), text);
  }

  @Test
  void textForms() {
    check("0.5", .5, .5, .5);
    check("1@0.25-0.75", 0, 1, 1, 0);
    check("start:1:0.4", 1, 1, 0, 0, 0);
    check("end:0.5:0.4", 0, 0, 0, .5, .5);
    check("1, 0.5,0", 1, .5, 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "1@",
        "1@0.5",
        "start:1",
        "middle:1:0.5",
        "1,,2",
        "1.5",
        "-1",
        "NaN",
        "0.5,2"
      })
  void badTextIsNamed(String text) {
    String message =
        assertThrows(HspaceException.class, () -> EtaSchedule.parse(text)).getMessage();
    assertTrue(message.contains("expected"), message);
  }

  @Test
  void aListHasOneValueAStep() {
    String message =
        assertThrows(HspaceException.class, () -> EtaSchedule.list(1, 0).values(3)).getMessage();
    assertEquals("eta: expected 3 values, one a step, found 2", message);
  }

  @Test
  void windowsThatMeetShareNoStepAndMissNone() {
    for (int steps = 1; steps < 40; steps++) {
      Window first = new Window(0, 0.3);
      Window second = new Window(0.3, 1);
      for (int i = 0; i < steps; i++) {
        assertTrue(first.contains(i, steps) != second.contains(i, steps), i + " of " + steps);
        assertTrue(Window.ALL.contains(i, steps));
      }
    }
  }

  @Test
  void badWindowsAreNamed() {
    for (String text : new String[] {"0.5", "0.8-0.2", "0-2", "a-b", "-0.1-0.5", ""}) {
      assertThrows(HspaceException.class, () -> Window.parse(text), text);
    }
    assertEquals(new Window(0.2, 0.8), Window.parse("0.2-0.8"));
  }
}
