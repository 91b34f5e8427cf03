package org.hspace.directions;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SavePaceTest {
  private long now; // seconds

  /** When saves happen that take so long, of batches of ten seconds each. */
  private List<Long> saves(int every, int taking) {
    now = 0;
    List<Long> times = new ArrayList<>();
    SavePace pace = new SavePace(Duration.ofSeconds(every), () -> now * 1_000_000_000);
    for (int batch = 0; batch < 130; batch++) {
      now += 10;
      pace.after(
          () -> {
            times.add(now);
            now += taking;
          });
    }
    return times;
  }

  @Test
  void byTimeAndWhereSavingTakesLongLessOften() {
    assertEquals(List.of(300L, 600L, 900L, 1200L), saves(300, 0));
    assertEquals(130, saves(0, 5).size(), "after every batch");
    // The first takes 40 s, so the next comes 760 s after it: 40 of 800.
    assertEquals(List.of(300L, 1100L), saves(300, 40));
  }
}
