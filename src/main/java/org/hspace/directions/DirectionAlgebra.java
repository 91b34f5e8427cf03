package org.hspace.directions;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.Window;

/** Arithmetic of directions. Every result is a new direction, to be closed by the caller. */
public final class DirectionAlgebra {
  private DirectionAlgebra() {}

  /** a + b, on the timesteps of a. */
  public static Direction add(Direction a, Direction b) {
    return sum(a, b, 1, a.name() + "+" + b.name());
  }

  /** a - b, on the timesteps of a. */
  public static Direction subtract(Direction a, Direction b) {
    return sum(a, b, -1, a.name() + "-" + b.name());
  }

  private static Direction sum(Direction a, Direction b, double factor, String name) {
    if (a.hSpace() != b.hSpace()) {
      throw new HspaceException(
          "direction "
              + b.name()
              + ": expected h-space "
              + a.hSpace().id()
              + " like "
              + a.name()
              + ", found "
              + b.hSpace().id());
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor other = b.onLattice(a.timesteps());
      if (!Arrays.equals(Tensors.shape(other), Tensors.shape(a.delta()))) {
        throw new HspaceException(
            "direction "
                + b.name()
                + ": expected shape "
                + Arrays.toString(Tensors.shape(a.delta()))
                + ", found "
                + Arrays.toString(Tensors.shape(other)));
      }
      Tensor result = Tensors.plus(a.delta(), other.to(a.delta().scalar_type()), factor);
      return new Direction(name, result, a.timesteps(), a.hSpace());
    }
  }

  /**
   * Σ_k factor_k · direction_k, on the timesteps of the first.
   *
   * @param directions at least one
   * @param factors as many
   */
  public static Direction combine(String name, List<Direction> directions, double[] factors) {
    Direction total = scale(directions.get(0), factors[0]);
    for (int k = 1; k < factors.length; k++) {
      try (Direction before = total;
          Direction term = scale(directions.get(k), factors[k])) {
        total = add(before, term);
      }
    }
    try (Direction unnamed = total) {
      return rename(unnamed, name);
    }
  }

  /**
   * factor · a.
   *
   * @throws HspaceException when the type of a does not hold the result
   */
  public static Direction scale(Direction a, double factor) {
    try (PointerScope scope = new PointerScope()) {
      double size = largest(a.delta());
      double most = Finite.largest(a.delta().scalar_type());
      Tensor scaled = Tensors.times(a.delta(), factor);
      boolean vanished = factor != 0 && size > 0 && largest(scaled) == 0;
      if (!(Math.abs(factor) * size <= most) || vanished) {
        throw new HspaceException(
            "direction %s: times %s it is beyond what its type holds (its largest number is %.3g; the type ends at %.3g)"
                .formatted(a.name(), factor, size, most));
      }
      return new Direction(a.name(), scaled, a.timesteps(), a.hSpace());
    }
  }

  private static double largest(Tensor t) {
    return t.abs().max().item_double();
  }

  /** The norm ‖Δh‖ over all timesteps together. */
  public static double norm(Direction a) {
    try (PointerScope scope = new PointerScope()) {
      return wide(a.delta()).norm().item_double();
    }
  }

  /** Squares of single precision may leave its range. */
  private static Tensor wide(Tensor t) {
    return t.to(ScalarType.Double);
  }

  /**
   * a at norm 1 over all timesteps together.
   *
   * @throws HspaceException when a is zero
   */
  public static Direction normalize(Direction a) {
    double norm = norm(a);
    if (norm == 0)
      throw new HspaceException("direction " + a.name() + " is zero and has no unit length");
    return scale(a, 1 / norm);
  }

  /** a inside a window of its timesteps, zero outside. */
  public static Direction window(Direction a, Window window) {
    try (PointerScope scope = new PointerScope()) {
      int steps = a.timesteps().length;
      double[] inside = new double[steps];
      for (int i = 0; i < steps; i++) inside[i] = window.contains(i, steps) ? 1 : 0;
      Tensor factor = Tensors.of(inside, steps, 1, 1, 1).to(a.delta().scalar_type());
      return new Direction(a.name(), a.delta().mul(factor), a.timesteps(), a.hSpace());
    }
  }

  /** The same Δh under another name. */
  public static Direction rename(Direction a, String name) {
    try (PointerScope scope = new PointerScope()) {
      return new Direction(name, a.delta().clone(), a.timesteps(), a.hSpace());
    }
  }

  /** Cosine of the angle between two directions over all timesteps, on those of a. */
  public static double cosine(Direction a, Direction b) {
    try (PointerScope scope = new PointerScope()) {
      Tensor first = wide(a.delta());
      Tensor second = wide(b.onLattice(a.timesteps()));
      Tensor product = first.mul(second).sum();
      return product.item_double() / (first.norm().item_double() * second.norm().item_double());
    }
  }
}
