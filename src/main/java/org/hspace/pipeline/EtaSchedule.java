package org.hspace.pipeline;

import java.util.function.Supplier;
import org.bytedeco.pytorch.DoubleVector;
import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.Utf8;

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
  public static final EtaSchedule DDIM = new EtaSchedule("0.0");

  /** DDPM. */
  public static final EtaSchedule DDPM = new EtaSchedule("1.0");

  private final String text; // as C++ writes it, which loses nothing

  private EtaSchedule(String text) {
    this.text = text;
  }

  private static EtaSchedule of(Supplier<HspaceNative.EtaSchedule> made) {
    return new EtaSchedule(NativeCall.scoped(() -> Utf8.string(made.get().text())));
  }

  /** The same η at every step. */
  public static EtaSchedule constant(double eta) {
    return of(() -> HspaceNative.EtaSchedule.constant(eta));
  }

  /** η inside the window, 0 outside. */
  public static EtaSchedule within(double eta, Window window) {
    return of(() -> HspaceNative.EtaSchedule.within(eta, window.toNative()));
  }

  /** One value a step, first step (largest timestep) first; at least one. */
  public static EtaSchedule list(double... values) {
    return of(() -> HspaceNative.EtaSchedule.list(new DoubleVector(values)));
  }

  /**
   * Reads the text form.
   *
   * @throws HspaceException when it is none of the forms above
   */
  public static EtaSchedule parse(String text) {
    return of(() -> HspaceNative.EtaSchedule.parse(Utf8.bytes(text)));
  }

  /**
   * η at each of T steps.
   *
   * @throws HspaceException when an explicit list has another length
   */
  public double[] values(int steps) {
    return NativeCall.scoped(() -> toNative().values(steps).get());
  }

  /** The C++ value; of the enclosing scope. */
  public HspaceNative.EtaSchedule toNative() {
    return HspaceNative.EtaSchedule.parse(Utf8.bytes(text));
  }

  /** A form that {@link #parse} reads. */
  @Override
  public String toString() {
    return text;
  }
}
