package org.hspace.directions;

import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.FormatFile;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;

/**
 * The running mean of differences {@code q⁺ - q⁻} over pairs, in double precision, and how far the
 * pairs scatter around it. Memory does not grow with the number of pairs.
 */
final class MeanDifference extends NativeResource {
  private final Tensor sum; // shape of one q
  private double squares; // Σ ‖q⁺ - q⁻‖²
  private long pairs;

  /**
   * @param shape of one q, for instance (T, c, h, w)
   */
  MeanDifference(long... shape) {
    sum = own(Tensors.zeros(ScalarType.Double, shape));
  }

  private MeanDifference(Tensor sum, double squares, long pairs) {
    this.sum = own(sum);
    this.squares = squares;
    this.pairs = pairs;
  }

  /**
   * Takes n pairs in.
   *
   * @param positive (n, …)
   * @param negative (n, …)
   */
  void add(Tensor positive, Tensor negative) {
    use(() -> addEach(positive, negative));
  }

  private void addEach(Tensor positive, Tensor negative) {
    try (PointerScope scope = new PointerScope()) {
      Tensor difference =
          positive.to(ScalarType.Double).sub(negative.to(ScalarType.Double)); // (n, …)
      for (long i = 0;
          i < difference.size(0);
          i++) { // one by one: the sum's bits do not depend on n
        Tensor one = Finite.require(difference.select(0, i), "pair " + pairs);
        sum.add_(one);
        squares += one.square().sum().item_double();
        pairs++;
      }
    }
  }

  long pairs() {
    return pairs;
  }

  /** mean(q⁺ - q⁻), double; owned by the enclosing scope or the caller. */
  Tensor mean() {
    return use(() -> Tensors.times(sum, 1.0 / pairs));
  }

  /** Whether the mean is exactly nothing: both sides of the pairs are the same. */
  boolean isZero() {
    try (PointerScope scope = new PointerScope()) {
      return sum.square().sum().item_double() == 0;
    }
  }

  /**
   * Root mean square distance of the pairs' differences from their mean, as a share of the mean's
   * norm: 0 when all pairs agree; a mean of n pairs is known to about spread / √n of its norm.
   * Nothing of a mean that is nothing: 0.
   */
  double spread() {
    try (PointerScope scope = new PointerScope()) {
      double norm2 = mean().square().sum().item_double();
      return norm2 == 0 ? 0 : Math.sqrt(Math.max(0, squares / pairs - norm2) / norm2);
    }
  }

  /**
   * All that {@link #read} needs, as tensors whose names begin with a prefix; owned by the
   * enclosing scope or the caller.
   */
  Map<String, Tensor> state(String prefix) {
    Map<String, Tensor> state = new TreeMap<>();
    state.put(prefix + ".sum", share(sum));
    state.put(prefix + ".squares", Tensors.of(new double[] {squares}, 1));
    state.put(prefix + ".pairs", Tensors.of(pairs));
    return state;
  }

  /**
   * The accumulator whose {@link #state} a file holds.
   *
   * @param shape of one q
   * @param most pairs that there can be
   */
  static MeanDifference read(FormatFile file, String prefix, long most, long... shape) {
    try (PointerScope scope = new PointerScope()) {
      Tensor sum = file.finite(prefix + ".sum", shape).to(ScalarType.Double).clone();
      double squares = Tensors.doubles(file.finite(prefix + ".squares", 1))[0];
      long pairs = file.integers(prefix + ".pairs", 1)[0];
      if (squares < 0) throw file.error(prefix + ".squares", "at least 0", squares);
      if (pairs < 1 || pairs > most) throw file.error(prefix + ".pairs", "1 to " + most, pairs);
      return new MeanDifference(sum, squares, pairs);
    }
  }
}
