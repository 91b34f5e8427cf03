package org.hspace.app;

import java.util.Arrays;
import java.util.Locale;
import org.hspace.HspaceException;

/**
 * Strengths of an edit as a user writes them: {@code -3,-1.5,0,1.5,3}.
 *
 * @param values γ of each column
 */
public record Strengths(double[] values) {
  /**
   * Reads the text form.
   *
   * @throws HspaceException when it is none
   */
  public static Strengths parse(String text) {
    try {
      double[] values =
          Arrays.stream(text.split(",", -1))
              .map(String::trim)
              .mapToDouble(Double::parseDouble)
              .toArray();
      if (Arrays.stream(values).allMatch(Double::isFinite)) {
        return new Strengths(values);
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new HspaceException(
        "strengths: expected numbers such as -3,-1.5,0,1.5,3, found '" + text + "'");
  }

  /** A strength as captions show it, with its sign: {@code +1.5}, {@code −3}, {@code 0}. */
  public static String caption(double strength) {
    String digits = digits(Math.abs(strength));
    if (digits.equals("0")) return digits;
    return (strength < 0 ? "−" : "+") + digits;
  }

  /** A number as captions show it: three decimals at most. */
  public static String digits(double number) {
    return String.format(Locale.ROOT, "%.3f", number).replaceFirst("\\.?0+$", "");
  }
}
