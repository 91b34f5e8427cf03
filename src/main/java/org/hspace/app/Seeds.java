package org.hspace.app;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.hspace.HspaceException;

/**
 * Seeds as a user writes them: {@code 7}, {@code 0-15}, {@code 0-15,20,30-33}.
 *
 * @param values in the order given, all different
 */
public record Seeds(long[] values) {
  private static final int MOST = 10_000_000;
  private static final int DIGITS = 18;

  /**
   * Reads the text form.
   *
   * @throws HspaceException when it is none, or a seed comes twice
   */
  public static Seeds parse(String text) {
    Set<Long> seeds = new LinkedHashSet<>();
    for (String part : text.split(",", -1)) {
      int dash = part.indexOf('-');
      long first = number(text, dash < 0 ? part : part.substring(0, dash));
      long last = dash < 0 ? first : number(text, part.substring(dash + 1));
      if (last < first) {
        throw new HspaceException(
            "seeds: expected FIRST-LAST with FIRST <= LAST, found '" + part + "'");
      }
      if (last - first >= MOST - seeds.size()) {
        throw new HspaceException(
            "seeds: expected at most " + MOST + " of them, found '" + text + "'");
      }
      for (long seed = first; seed <= last; seed++) {
        if (!seeds.add(seed)) {
          throw new HspaceException("seeds: " + seed + " comes twice in '" + text + "'");
        }
      }
    }
    return new Seeds(seeds.stream().mapToLong(Long::longValue).toArray());
  }

  private static long number(String text, String digits) {
    if (!digits.matches("\\s*\\d+\\s*")) {
      throw new HspaceException(
          "seeds: expected numbers and ranges such as 0-15,20, found '" + text + "'");
    }
    String number = digits.trim().replaceFirst("^0+(?=\\d)", "");
    if (number.length() > DIGITS) {
      throw new HspaceException(
          "seeds: expected numbers below 10^" + DIGITS + ", found '" + text + "'");
    }
    return Long.parseLong(number);
  }

  /** The text form. */
  public String text() {
    StringBuilder text = new StringBuilder();
    for (int first = 0, last; first < values.length; first = last + 1) {
      last = first;
      while (last + 1 < values.length && values[last + 1] == values[last] + 1) last++;
      text.append(first == 0 ? "" : ",").append(values[first]);
      if (last > first) text.append('-').append(values[last]);
    }
    return text.toString();
  }

  /** One caption a seed. */
  public List<String> captions() {
    List<String> captions = new ArrayList<>();
    for (long seed : values) {
      captions.add("seed " + seed);
    }
    return captions;
  }
}
