package org.hspace.cli;

import java.util.Locale;
import org.hspace.HspaceException;

/**
 * An amount of memory as a user writes it: {@code 500m}, {@code 2g}, {@code 1.5g}.
 *
 * @param bytes at least 1
 */
record MemorySize(long bytes) {
  /**
   * Reads the text form.
   *
   * @throws HspaceException when it is none
   */
  static MemorySize parse(String text) {
    if (text.matches("\\d+(\\.\\d+)?[kmgKMG]?")) {
      int power = "kmg".indexOf(text.toLowerCase(Locale.ROOT).charAt(text.length() - 1)) + 1;
      String digits = power == 0 ? text : text.substring(0, text.length() - 1);
      double bytes = Double.parseDouble(digits) * Math.pow(1024, power);
      if (bytes >= 1 && bytes < Long.MAX_VALUE) return new MemorySize((long) bytes);
    }
    throw new HspaceException(
        "memory: expected an amount such as 500m or 2g, found '" + text + "'");
  }
}
