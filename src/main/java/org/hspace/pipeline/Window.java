package org.hspace.pipeline;

import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.Utf8;

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
    // The constant above is made before the native libraries are needed.
    if (from != 0 || to != 1) NativeCall.scoped(() -> checked(from, to));
  }

  private static HspaceNative.Window checked(double from, double to) {
    return HspaceNative.Window.of(from, to);
  }

  /**
   * Reads {@code FROM-TO}.
   *
   * @throws HspaceException when the text has another form
   */
  public static Window parse(String text) {
    return NativeCall.scoped(
        () -> {
          HspaceNative.Window read = HspaceNative.Window.parse(Utf8.bytes(text));
          return new Window(read.from(), read.to());
        });
  }

  /** Whether step i (0 is the largest timestep) of T lies inside. */
  public boolean contains(int step, int steps) {
    return NativeCall.scoped(() -> toNative().contains(step, steps));
  }

  /** The C++ value; of the enclosing scope. */
  public HspaceNative.Window toNative() {
    return HspaceNative.Window.of(from, to);
  }

  @Override
  public String toString() {
    return NativeCall.scoped(() -> Utf8.string(toNative().text()));
  }
}
