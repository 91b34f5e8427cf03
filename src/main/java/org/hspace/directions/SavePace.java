package org.hspace.directions;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * When a long run saves its progress: as often as asked for, but where a state is so large that
 * saving it takes long, so seldom that this is a twentieth of the time at most.
 */
final class SavePace {
  private static final long SHARE = 20;

  private final long every; // nanoseconds
  private final LongSupplier clock;
  private long saved;
  private long pause;

  /** From now on. */
  SavePace(Duration every) {
    this(every, System::nanoTime);
  }

  /**
   * @param clock tells nanoseconds
   */
  SavePace(Duration every, LongSupplier clock) {
    this.every = every.toNanos();
    this.clock = clock;
    this.saved = clock.getAsLong();
    this.pause = this.every;
  }

  /** Saves, if it is time to. */
  void after(Runnable save) {
    long begun = clock.getAsLong();
    if (begun - saved < pause) return;
    save.run();
    saved = clock.getAsLong();
    pause = every == 0 ? 0 : Math.max(every, (SHARE - 1) * (saved - begun));
  }
}
