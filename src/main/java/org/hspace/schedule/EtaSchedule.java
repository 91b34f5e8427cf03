package org.hspace.schedule;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.hspace.nativelib.HspaceException;

/**
 * How much noise each step adds: η = 0 is DDIM, η = 1 is DDPM.
 *
 * <p>Either one value inside a window of the trajectory and 0 outside, or an explicit list with one
 * value a step. As text:
 *
 * <pre>
 *   1              η = 1 at every step
 *   0.5@0.2-0.8    η = 0.5 inside that part of the trajectory (0 = first step, 1 = last), 0 elsewhere
 *   start:1:0.4    η = 1 in the first 0.4 of the trajectory (largest timesteps); end:1:0.4 in the last
 *   1,1,0.5,0,0    one value a step, first step first
 * </pre>
 */
public final class EtaSchedule {
  /** DDIM. */
  public static final EtaSchedule DDIM = constant(0);

  /** DDPM. */
  public static final EtaSchedule DDPM = constant(1);

  private final double eta;
  private final Window window;
  private final double[] list; // null unless explicit

  private EtaSchedule(double eta, Window window, double[] list) {
    for (double value : list == null ? new double[] {eta} : list) {
      if (!(value >= 0 && value <= 1)) {
        throw new HspaceException("eta: expected a value from 0 to 1, found " + value);
      }
    }
    this.eta = eta;
    this.window = window;
    this.list = list;
  }

  /** The same η at every step. */
  public static EtaSchedule constant(double eta) {
    return new EtaSchedule(eta, Window.ALL, null);
  }

  /** η inside the window, 0 outside. */
  public static EtaSchedule within(double eta, Window window) {
    return new EtaSchedule(eta, window, null);
  }

  /** One value a step, first step (largest timestep) first. */
  public static EtaSchedule list(double... values) {
    return new EtaSchedule(0, Window.ALL, values.clone());
  }

  /**
   * Reads the text form.
   *
   * @throws HspaceException when it is none of the forms above
   */
  public static EtaSchedule parse(String text) {
    try {
      if (text.contains(",")) {
        return list(Arrays.stream(text.split(",", -1)).mapToDouble(EtaSchedule::number).toArray());
      }
      if (text.startsWith("start:") || text.startsWith("end:")) {
        String[] parts = text.split(":", -1);
        if (parts.length != 3) throw new NumberFormatException(text);
        double fraction = number(parts[2]);
        boolean start = parts[0].equals("start");
        return within(
            number(parts[1]), start ? new Window(0, fraction) : new Window(1 - fraction, 1));
      }
      int at = text.indexOf('@');
      if (at >= 0) {
        return within(number(text.substring(0, at)), Window.parse(text.substring(at + 1)));
      }
      return constant(number(text));
    } catch (NumberFormatException e) {
      throw new HspaceException(
          "eta: expected a number from 0 to 1, ETA@FROM-TO, start:ETA:FRACTION, end:ETA:FRACTION or a list of one value a step,"
              + " found '"
              + text
              + "'");
    }
  }

  private static double number(String text) {
    return Double.parseDouble(text.trim());
  }

  /**
   * η at each of T steps.
   *
   * @throws HspaceException when an explicit list has another length
   */
  public double[] values(int steps) {
    if (list != null) {
      if (list.length != steps) {
        throw new HspaceException(
            "eta: expected " + steps + " values, one a step, found " + list.length);
      }
      return list.clone();
    }
    double[] values = new double[steps];
    for (int i = 0; i < steps; i++) values[i] = window.contains(i, steps) ? eta : 0;
    return values;
  }

  /** A form that {@link #parse} reads. */
  @Override
  public String toString() {
    if (list == null) return window.equals(Window.ALL) ? "" + eta : eta + "@" + window;
    return Arrays.stream(list).mapToObj(Double::toString).collect(Collectors.joining(","));
  }
}
