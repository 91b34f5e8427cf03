package org.hspace.pipeline;

import org.hspace.HspaceException;

/** Seeds that follow one another. */
public final class SeedRange {
  private SeedRange() {}

  /**
   * Checks that all of them are numbers below 2^63.
   *
   * @param first of the seeds
   * @param count of the seeds
   * @throws HspaceException naming the option, when the last one would begin again at -2^63
   */
  public static void check(long first, long count) {
    if (first > Long.MAX_VALUE - count) {
      throw new HspaceException(
          "first-seed: expected at most %d, so that all %d seeds are below 2^63, found %d"
              .formatted(Long.MAX_VALUE - count, count, first));
    }
  }
}
