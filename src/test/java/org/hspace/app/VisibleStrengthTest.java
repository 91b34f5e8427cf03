package org.hspace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The law by which a strength is chosen from two that were tried. */
final class VisibleStrengthTest {
  @Test
  void aChangeThatGrowsLikeAPowerIsSolvedFor() {
    for (double power : new double[] {0.5, 1, 1.5}) {
      double wanted = 30; // norm at which the change is 0.2
      double less = 0.2 * Math.pow(16 / wanted, power);
      double more = 0.2 * Math.pow(64 / wanted, power);
      assertEquals(wanted, VisibleStrength.norm(less, more), 1e-9);
    }
  }

  @Test
  void whatHardlyChangesOrChangesAtOnceStaysInReach() {
    assertEquals(256, VisibleStrength.norm(1e-6, 2e-6));
    assertEquals(4, VisibleStrength.norm(0.6, 0.7));
    assertEquals(256, VisibleStrength.norm(0, 0));
    assertTrue(VisibleStrength.norm(0.5, 0.4) <= 16);
  }
}
