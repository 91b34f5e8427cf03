package org.hspace.trajectory;

/** Hears how far a long computation is, and may end it. */
@FunctionalInterface
public interface Progress {
  /** Hears nothing. */
  Progress NONE = (done, total, unit) -> {};

  /**
   * Called on the computing thread, at most once a network pass.
   *
   * @param done units done so far
   * @param total units in all
   * @param unit what is counted, for instance {@code "steps"} or {@code "samples"}
   */
  void update(long done, long total, String unit);

  /**
   * Asked after each update: true ends the computation in a {@link
   * java.util.concurrent.CancellationException}. What it was writing is removed; a checkpoint
   * stays, to go on from.
   */
  default boolean cancelled() {
    return false;
  }

  /** Called when the user must know something that does not stop the work; one sentence. */
  default void warn(String message) {}
}
