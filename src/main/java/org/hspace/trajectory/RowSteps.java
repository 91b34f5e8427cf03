package org.hspace.trajectory;

/** Counts steps times rows for a listener. */
final class RowSteps {
  private final Progress progress;
  private final long total;
  private long done;

  RowSteps(Progress progress, long total) {
    this.progress = progress;
    this.total = total;
  }

  /** An action that counts one step of a batch with that many rows. */
  Runnable of(int rows) {
    return () -> {
      done += rows;
      progress.update(done, total, "steps");
    };
  }
}
