package org.hspace.pipeline;

import java.util.concurrent.CancellationException;

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
   * @param unit what is counted, for instance {@code "steps"} of all images together, or {@code
   *     "images"}
   */
  void update(long done, long total, String unit);

  /**
   * Asked after each update: true ends the computation in a {@link CancellationException}. What it
   * was writing is removed; a checkpoint stays, to go on from.
   */
  default boolean cancelled() {
    return false;
  }

  /** Called when the user must know something that does not stop the work; one sentence. */
  default void warn(String message) {}

  /** For a part of the work: hears nothing of how far it is, but may end it like this one. */
  default Progress silent() {
    Progress whole = this;
    return new Progress() {
      @Override
      public void update(long done, long total, String unit) {}

      @Override
      public boolean cancelled() {
        return whole.cancelled();
      }

      @Override
      public void warn(String message) {
        whole.warn(message);
      }
    };
  }

  /**
   * For those who compute: {@link #update}, and the end when the listener asks for it.
   *
   * @throws CancellationException when it is {@link #cancelled}
   */
  default void report(long done, long total, String unit) {
    update(done, total, unit);
    if (cancelled()) throw new CancellationException("cancelled: the caller ended the computation");
  }
}
