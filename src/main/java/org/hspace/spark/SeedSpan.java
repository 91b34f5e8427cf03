package org.hspace.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The seeds of one task.
 *
 * @param first where they begin among all seeds of the work
 * @param seeds themselves, in order
 */
record SeedSpan(int first, long[] seeds) implements Serializable {
  /**
   * Cuts seeds into spans of one size, the last one shorter.
   *
   * @param from how many of the first are left out
   * @param most spans at most
   */
  static List<SeedSpan> cut(long[] seeds, int from, int size, int most) {
    List<SeedSpan> spans = new ArrayList<>();
    for (int first = from; first < seeds.length && spans.size() < most; first += size) {
      int end = Math.min(seeds.length, first + size);
      spans.add(new SeedSpan(first, Arrays.copyOfRange(seeds, first, end)));
    }
    return spans;
  }
}
