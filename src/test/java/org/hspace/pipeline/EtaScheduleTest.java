package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.hspace.HspaceException;
import org.junit.jupiter.api.Test;

/** That Java sees what C++ reads, whose own tests say that it is right. */
class EtaScheduleTest {
  private static void check(EtaSchedule eta, String text, double... expected) {
    assertArrayEquals(expected, eta.values(expected.length), text);
    assertArrayEquals(expected, EtaSchedule.parse(text).values(expected.length), text);
    assertEquals(text, eta.toString());
  }

  @Test
  void allForms() {
    check(EtaSchedule.DDIM, "0.0", 0, 0);
    check(EtaSchedule.DDPM, "1.0", 1, 1);
    check(EtaSchedule.constant(0.5), "0.5", .5, .5, .5);
    check(EtaSchedule.within(1, new Window(0.25, 0.75)), "1.0@0.25-0.75", 0, 1, 1, 0);
    check(EtaSchedule.list(1, 0.5, 0), "1.0,0.5,0.0", 1, .5, 0);
    check(EtaSchedule.list(1.0 / 3), "0.3333333333333333", 1.0 / 3);
    assertEquals("1.0@0.0-0.4", EtaSchedule.parse("start:1:0.4").toString());
  }

  @Test
  void errorsAreTheUsers() {
    for (String text : new String[] {"", "x", "1@", "1,,2", "1.5", "NaN", "é\n"}) {
      String message =
          assertThrows(HspaceException.class, () -> EtaSchedule.parse(text)).getMessage();
      assertTrue(message.startsWith("eta: expected") || message.startsWith("window:"), message);
      assertEquals(1, message.lines().count(), message);
    }
    assertEquals(
        "eta: expected 3 values, one a step, found 2",
        assertThrows(HspaceException.class, () -> EtaSchedule.list(1, 0).values(3)).getMessage());
    assertThrows(HspaceException.class, () -> EtaSchedule.constant(-1));
    assertThrows(HspaceException.class, () -> new Window(0.8, 0.2));
    assertThrows(HspaceException.class, () -> new Window(0, Double.NaN));
    assertThrows(HspaceException.class, () -> Window.parse("0.5"));
  }

  @Test
  void windows() {
    assertEquals(new Window(0.2, 0.8), Window.parse("0.2-0.8"));
    assertEquals("0.2-0.8", new Window(0.2, 0.8).toString());
    assertTrue(new Window(0, 0.5).contains(1, 4));
    assertFalse(new Window(0, 0.5).contains(2, 4));
  }
}
