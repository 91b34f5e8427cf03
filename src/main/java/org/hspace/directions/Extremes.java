package org.hspace.directions;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/** The samples that are among the n highest or the n lowest of any attribute so far. */
final class Extremes {
  private static final Comparator<Ranked> ORDER =
      Comparator.comparingDouble(Ranked::score).thenComparingInt(Ranked::row);

  private final int n;
  private final List<TreeSet<Ranked>> highest = new ArrayList<>();
  private final List<TreeSet<Ranked>> lowest = new ArrayList<>();
  private int rows;

  private record Ranked(double score, int row) {}

  /**
   * @param attributes A
   * @param n of each side of each attribute; 0 for all samples
   */
  Extremes(int attributes, int n) {
    this.n = n;
    for (int a = 0; a < attributes; a++) {
      highest.add(new TreeSet<>(ORDER));
      lowest.add(new TreeSet<>(ORDER));
    }
  }

  /** Looks at the next samples' scores [n][A]. */
  void add(double[][] scores) {
    for (double[] sample : scores) {
      for (int a = 0; n > 0 && a < sample.length; a++) {
        Ranked ranked = new Ranked(sample[a], rows);
        highest.get(a).add(ranked);
        if (highest.get(a).size() > n) highest.get(a).pollFirst();
        lowest.get(a).add(ranked);
        if (lowest.get(a).size() > n) lowest.get(a).pollLast();
      }
      rows++;
    }
  }

  /** The numbers of the extreme samples among all seen. */
  BitSet rows() {
    BitSet set = new BitSet(rows);
    if (n == 0) set.set(0, rows);
    highest.forEach(side -> side.forEach(ranked -> set.set(ranked.row())));
    lowest.forEach(side -> side.forEach(ranked -> set.set(ranked.row())));
    return set;
  }
}
