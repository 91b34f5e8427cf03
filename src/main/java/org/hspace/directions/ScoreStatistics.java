package org.hspace.directions;

import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.FormatFile;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;

/**
 * What a regression of h on A scores needs of any number of samples: the means, and {@code Σ (s -
 * s̄)(h - h̄)ᵀ}. In double precision, in memory that does not grow with the samples; those of parts
 * merge (Chan et al. 1979).
 */
public final class ScoreStatistics extends NativeResource {
  private final Tensor scoreMean; // (A)
  private final Tensor hMean; // (D)
  private final Tensor cross; // (A, D)
  private long count;

  /**
   * The same as plain numbers, to travel between processes.
   *
   * @param count samples
   * @param scoreMean (A)
   * @param hMean (D)
   * @param cross (A, D), row-major
   */
  public record State(long count, double[] scoreMean, double[] hMean, double[] cross)
      implements Serializable {}

  /**
   * Of no samples yet.
   *
   * @param scores A
   * @param dimension D, numbers of one h
   */
  public ScoreStatistics(int scores, long dimension) {
    try (PointerScope scope = new PointerScope()) {
      scoreMean = own(Tensors.zeros(ScalarType.Double, scores));
      hMean = own(Tensors.zeros(ScalarType.Double, dimension));
      cross = own(Tensors.zeros(ScalarType.Double, scores, dimension));
    }
  }

  /** Of no samples yet, of the size of others; to be closed by the caller. */
  public static ScoreStatistics like(ScoreStatistics other) {
    return new ScoreStatistics(other.scores(), other.dimension());
  }

  /** Of a {@link #state}; to be closed by the caller. */
  public static ScoreStatistics of(State state) {
    ScoreStatistics made = new ScoreStatistics(state.scoreMean().length, state.hMean().length);
    try (PointerScope scope = new PointerScope()) {
      made.count = state.count();
      made.scoreMean.copy_(Tensors.of(state.scoreMean(), state.scoreMean().length));
      made.hMean.copy_(Tensors.of(state.hMean(), state.hMean().length));
      made.cross.copy_(Tensors.of(state.cross(), state.scoreMean().length, state.hMean().length));
    }
    return made;
  }

  /** All that {@link #of} needs. */
  public State state() {
    return use(
        () ->
            new State(
                count, Tensors.doubles(scoreMean), Tensors.doubles(hMean), Tensors.doubles(cross)));
  }

  /** A. */
  int scores() {
    return use(() -> Math.toIntExact(cross.size(0)));
  }

  /** D. */
  long dimension() {
    return use(() -> cross.size(1));
  }

  /** Number of samples so far. */
  public long count() {
    return count;
  }

  /**
   * Takes in n samples.
   *
   * @param h (n, T, c, h, w), any floating type
   * @param scores [n][A]
   */
  public void add(Tensor h, double[][] scores) {
    use(
        () -> {
          try (PointerScope scope = new PointerScope()) {
            Tensor rows = h.to(ScalarType.Double).reshape(h.size(0), -1); // (n, D)
            Tensor s = Tensors.of(scores); // (n, A)
            Tensor meanH = rows.mean(0);
            Tensor meanS = s.mean(0);
            Tensor product = s.sub(meanS).t().matmul(rows.sub(meanH)); // (A, D)
            join(scores.length, meanS, meanH, product);
          }
        });
  }

  /** Takes in the samples of others, which stay as they are. */
  public void merge(ScoreStatistics other) {
    if (other.count == 0) return;
    use(
        () ->
            other.use(
                () -> {
                  try (PointerScope scope = new PointerScope()) {
                    join(other.count, other.scoreMean, other.hMean, other.cross);
                  }
                }));
  }

  private void join(double n, Tensor meanS, Tensor meanH, Tensor product) {
    Tensor shiftS = meanS.sub(scoreMean); // (A)
    Tensor shiftH = meanH.sub(hMean); // (D)
    double weight = count * n / (count + n);
    cross.add_(product);
    cross.add_(Tensors.times(shiftS, weight).unsqueeze(1).mul(shiftH.unsqueeze(0)));
    scoreMean.add_(Tensors.times(shiftS, n / (count + n)));
    hMean.add_(Tensors.times(shiftH, n / (count + n)));
    count += (long) n;
  }

  /**
   * {@code Σ_a w_a Σ_i (s_ia - s̄_a) h_i}.
   *
   * @param weights w (A)
   * @return (D); of the enclosing scope or the caller
   */
  Tensor combined(double[] weights) {
    return use(
        () -> Tensors.scoped(() -> Tensors.of(weights, 1, weights.length).matmul(cross).view(-1)));
  }

  /** As tensors whose names begin with a prefix; owned by the enclosing scope or the caller. */
  Map<String, Tensor> tensors(String prefix) {
    Map<String, Tensor> tensors = new TreeMap<>();
    tensors.put(prefix + ".count", Tensors.of(count));
    tensors.put(prefix + ".score_mean", share(scoreMean));
    tensors.put(prefix + ".h_mean", share(hMean));
    tensors.put(prefix + ".cross", share(cross));
    return tensors;
  }

  /**
   * Those whose {@link #tensors} a file holds; to be closed by the caller.
   *
   * @throws HspaceException when they are not of this size
   */
  static ScoreStatistics read(FormatFile file, String prefix, int scores, long dimension) {
    ScoreStatistics made = new ScoreStatistics(scores, dimension);
    try (PointerScope scope = new PointerScope()) {
      made.count = file.integers(prefix + ".count", 1)[0];
      if (made.count < 0) throw file.error(prefix + ".count", "at least 0", made.count);
      made.scoreMean.copy_(file.finite(prefix + ".score_mean", scores));
      made.hMean.copy_(file.finite(prefix + ".h_mean", dimension));
      made.cross.copy_(file.finite(prefix + ".cross", scores, dimension));
      return made;
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }
}
