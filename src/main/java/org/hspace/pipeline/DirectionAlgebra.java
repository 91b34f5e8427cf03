package org.hspace.pipeline;

import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.DoubleVector;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.Utf8;

/**
 * Arithmetic of directions, on the timesteps of the first. Every result is a new direction, to be
 * closed by the caller; an {@link org.hspace.HspaceException} names what does not fit.
 */
public final class DirectionAlgebra {
  private DirectionAlgebra() {}

  /** a + b. */
  public static Direction add(Direction a, Direction b) {
    return of(a, b, () -> HspaceNative.add(a.handle(), b.handle()));
  }

  /** a - b. */
  public static Direction subtract(Direction a, Direction b) {
    return of(a, b, () -> HspaceNative.subtract(a.handle(), b.handle()));
  }

  /**
   * Σ_k factor_k · direction_k.
   *
   * @param directions at least one
   * @param factors as many
   */
  public static Direction combine(String name, List<Direction> directions, double[] factors) {
    return new Direction(
        () -> {
          HspaceNative.DirectionVector terms = new HspaceNative.DirectionVector();
          for (Direction one : directions) one.use(() -> terms.add(one.handle()));
          return HspaceNative.combine(terms, new DoubleVector(factors), Utf8.bytes(name));
        });
  }

  /**
   * factor · a.
   *
   * @throws org.hspace.HspaceException when the type of a does not hold the result
   */
  public static Direction scale(Direction a, double factor) {
    return of(a, () -> HspaceNative.scale(a.handle(), factor));
  }

  /** The norm ‖Δh‖ over all timesteps together. */
  public static double norm(Direction a) {
    return a.use(() -> HspaceNative.norm(a.handle()));
  }

  /**
   * a at norm 1 over all timesteps together.
   *
   * @throws org.hspace.HspaceException when a is zero
   */
  public static Direction normalize(Direction a) {
    return of(a, () -> HspaceNative.normalize(a.handle()));
  }

  /** a inside a window of its timesteps, zero outside. */
  public static Direction window(Direction a, Window window) {
    return of(a, () -> HspaceNative.window(a.handle(), window.toNative()));
  }

  /** The same Δh under another name. */
  public static Direction rename(Direction a, String name) {
    return of(a, () -> HspaceNative.rename(a.handle(), Utf8.bytes(name)));
  }

  /** Cosine of the angle between two directions over all timesteps, on those of a. */
  public static double cosine(Direction a, Direction b) {
    return a.use(() -> b.use(() -> HspaceNative.cosine(a.handle(), b.handle())));
  }

  private static Direction of(Direction a, Supplier<HspaceNative.Direction> call) {
    return new Direction(() -> a.use(call));
  }

  private static Direction of(Direction a, Direction b, Supplier<HspaceNative.Direction> call) {
    return of(a, () -> b.use(call));
  }
}
