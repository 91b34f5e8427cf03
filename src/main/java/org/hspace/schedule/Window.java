package org.hspace.schedule;

import org.hspace.nativelib.HspaceException;

/**
 * A part of the trajectory, as fractions of its steps: 0 is before the first step (largest
 * timestep), 1 after the last.
 *
 * <p>Step i of T stands for its middle, (i + ½)/T, so windows that meet without overlapping share
 * no step and miss none.
 *
 * @param from start, from 0 to 1
 * @param to end, not below {@code from}, at most 1
 */
public record Window(double from, double to) {
  /** Every step. */
  public static final Window ALL = new Window(0, 1);

  public Window {
    if (!(from >= 0 && from <= to && to <= 1)) {
      throw new HspaceException(
          "window: expected FROM-TO with 0 <= FROM <= TO <= 1, found " + from + "-" + to);
    }
  }

  /**
   * Reads {@code FROM-TO}.
   *
   * @throws HspaceException when the text has another form
   */
  public static Window parse(String text) {
    int dash = text.indexOf('-', 1);
    try {
      if (dash > 0) {
        return new Window(
            Double.parseDouble(text.substring(0, dash)),
            Double.parseDouble(text.substring(dash + 1)));
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new HspaceException(
        "window: expected FROM-TO, for instance 0.2-0.8, found '" + text + "'");
  }

  /** Whether step i (0 is the largest timestep) of T lies inside. */
  public boolean contains(int step, int steps) {
    double position = (step + 0.5) / steps;
    return position >= from && position < to;
  }

  @Override
  public String toString() {
    return from + "-" + to;
  }
}
