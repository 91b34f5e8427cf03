package org.hspace.linalg;

import static org.bytedeco.pytorch.global.torch.linalg_eigh;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.FormatFile;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.nativelib.Tensors;

/**
 * Principal component analysis of vectors that arrive in batches, for G groups at once, in memory
 * that does not grow with their number: {@code 8 G K D} bytes.
 *
 * <p>Sequential Karhunen-Loève with a running mean (Ross et al. 2008): the K scaled components so
 * far, the centred batch and one row for the shift of the mean have, stacked, the same scatter
 * matrix as all samples together. Their leading right singular vectors come from the small Gram
 * matrix of the rows, because D is much larger than the number of rows. All in double precision.
 *
 * <p>Analyses of parts {@linkplain #merge merge} the same way, so that parts may be worked on
 * apart.
 *
 * <p>What is cut off is a positive semidefinite matrix each time, so that the samples' scatter is
 * {@code SᵀS + E}, S the scaled components and E the sum of all that was cut off. By Weyl's
 * inequality the i-th eigenvalue of the scatter is from {@code s_i²} to {@code s_i² + ‖E‖}, and
 * {@code ‖E‖} is at most the sum of the largest eigenvalues cut off at each cut, which is kept. It
 * is 0, and the result exact, while K is at least the rank of the samples, whatever the parts.
 */
public final class IncrementalPca extends NativeResource {
  private final int groups;
  private final int capacity;
  private final Tensor mean; // (G, D)
  private final Tensor
      scaled; // (G, K, D): the first `rank` rows of a group are s_i v_i, descending
  private final Tensor totalSquares; // (G)
  private final Tensor cutOff; // (G): at least ‖E‖
  private long count;
  private int rank;

  /**
   * An analysis of no samples yet.
   *
   * @param groups G
   * @param dimension D
   * @param capacity components carried along, K; more than the number wanted
   */
  public IncrementalPca(int groups, long dimension, int capacity) {
    if (groups < 1 || dimension < 1 || capacity < 1) {
      throw new IllegalArgumentException("groups, dimension, capacity: expected at least 1");
    }
    this.groups = groups;
    this.capacity = capacity;
    try (PointerScope scope = new PointerScope()) {
      this.mean = own(Tensors.zeros(ScalarType.Double, groups, dimension));
      this.scaled = own(Tensors.zeros(ScalarType.Double, groups, capacity, dimension));
      this.totalSquares = own(Tensors.zeros(ScalarType.Double, groups));
      this.cutOff = own(Tensors.zeros(ScalarType.Double, groups));
    }
  }

  /** G. */
  public int groups() {
    return groups;
  }

  /** D. */
  public long dimension() {
    return use(() -> mean.size(1));
  }

  /** K. */
  public int capacity() {
    return capacity;
  }

  /** Number of samples so far. */
  public long count() {
    return count;
  }

  /**
   * Takes in a batch.
   *
   * @param samples (B, G, D), any floating type
   * @throws HspaceException when a number of them is not finite
   */
  public void update(Tensor samples) {
    use(() -> updateGroups(samples));
  }

  private void updateGroups(Tensor samples) {
    long batch = samples.size(0);
    if (samples.dim() != 3
        || samples.size(1) != groups
        || samples.size(2) != mean.size(1)
        || batch == 0) {
      throw new IllegalArgumentException(
          "samples: expected (B, "
              + groups
              + ", "
              + mean.size(1)
              + "), found "
              + Arrays.toString(Tensors.shape(samples)));
    }
    Finite.require(samples, "samples " + count + " to " + (count + batch - 1));
    int rows = 0;
    for (int g = 0; g < groups; g++) {
      try (PointerScope scope = new PointerScope()) {
        Tensor part = samples.select(1, g).to(ScalarType.Double).contiguous(); // (B, D)
        Tensor partMean = part.mean(0); // (D)
        Tensor centred = part.sub(partMean); // (B, D)
        rows = join(g, batch, partMean, centred, centred.square().sum());
      }
    }
    rank = rows;
    count += batch;
  }

  /**
   * Takes in the samples of another analysis, which stays as it is. The order in which analyses
   * merge changes the result by rounding, and by what is cut off on the way.
   *
   * @param other of the same groups, dimension and capacity
   */
  public void merge(IncrementalPca other) {
    use(() -> other.use(() -> mergeGroups(other)));
  }

  private void mergeGroups(IncrementalPca other) {
    boolean alike =
        other != this
            && other.groups == groups
            && other.capacity == capacity
            && other.mean.size(1) == mean.size(1);
    if (!alike) {
      throw new IllegalArgumentException(
          "other: expected another analysis of (%d, %d) with %d components, found one of (%d, %d) with %d"
              .formatted(
                  groups,
                  mean.size(1),
                  capacity,
                  other.groups,
                  other.mean.size(1),
                  other.capacity));
    }
    if (other.count == 0) return;
    if (count == 0) {
      mean.copy_(other.mean);
      scaled.copy_(other.scaled);
      totalSquares.copy_(other.totalSquares);
      cutOff.copy_(other.cutOff);
      rank = other.rank;
    } else {
      int rows = 0;
      for (int g = 0; g < groups; g++) {
        try (PointerScope scope = new PointerScope()) {
          Tensor theirs = other.scaled.select(0, g).narrow(0, 0, other.rank);
          rows =
              join(
                  g, other.count, other.mean.select(0, g), theirs, other.totalSquares.select(0, g));
        }
      }
      cutOff.add_(other.cutOff);
      rank = rows;
    }
    count += other.count;
  }

  /**
   * Takes m more samples into one group and returns the number of components that it has then.
   *
   * @param partMean their mean (D)
   * @param part rows with the same scatter around that mean (R, D)
   * @param squares their squared distances from it, summed
   */
  private int join(int g, double m, Tensor partMean, Tensor part, Tensor squares) {
    Tensor groupMean = mean.select(0, g); // (D), a view
    Tensor shift = partMean.sub(groupMean); // (D)
    double weight = count * m / (count + m);
    Tensor total = totalSquares.select(0, g);
    total.add_(squares);

    List<Tensor> stack = new ArrayList<>();
    if (rank > 0) stack.add(scaled.select(0, g).narrow(0, 0, rank));
    stack.add(part);
    if (count > 0) {
      stack.add(Tensors.times(shift, Math.sqrt(weight)).unsqueeze(0));
      total.add_(Tensors.times(shift.square().sum(), weight));
    }
    Tensor rows = Tensors.cat(stack, 0); // (R, D)

    // The rows' right singular vectors, scaled, are Uᵀ rows with the eigenvectors U of rows rowsᵀ.
    var eigen = linalg_eigh(rows.matmul(rows.t())); // (R), (R, R), ascending
    long size = rows.size(0);
    int kept = (int) Math.min(capacity, size);
    Tensor leading = eigen.get1().narrow(1, size - kept, kept).flip(1); // (R, kept)
    scaled.select(0, g).narrow(0, 0, kept).copy_(leading.t().matmul(rows));
    if (kept < size) {
      Tensor largest = eigen.get0().select(0, size - kept - 1); // of those cut off
      cutOff.select(0, g).add_(largest.clamp_min(new Scalar(0.0)));
    }
    groupMean.add_(Tensors.times(shift, m / (count + m)));
    return kept;
  }

  /**
   * The leading components of the samples so far.
   *
   * @param k how many, at most the capacity
   * @return to be closed by the caller
   */
  public PrincipalComponents components(int k) {
    return use(() -> leading(k));
  }

  private PrincipalComponents leading(int k) {
    if (k < 1 || k > capacity) {
      throw new IllegalArgumentException("components: expected 1 to " + capacity + ", found " + k);
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor rows = scaled.narrow(1, 0, k); // (G, k, D)
      Tensor s = rows.square().sum(2).sqrt(); // (G, k)
      Tensor vectors = rows.div(s.clamp_min(new Scalar(Double.MIN_NORMAL)).unsqueeze(2));
      return new PrincipalComponents(
          count,
          mean.clone(),
          vectors.mul(signs(vectors)),
          s,
          totalSquares.clone(),
          cutOff.clone());
    }
  }

  /**
   * Signs (G, k, 1) that make each vector point along the one of the group before; those of the
   * first group make the entry of largest magnitude positive.
   */
  private static Tensor signs(Tensor vectors) {
    long groups = vectors.size(0);
    List<Tensor> signs = new ArrayList<>();
    Tensor first = vectors.select(0, 0); // (k, D)
    Tensor largest = first.abs().argmax(new LongOptional(1), true); // (k, 1)
    Tensor sign = positive(first.gather(1, largest)); // (k, 1)
    signs.add(sign);
    for (int g = 1; g < groups; g++) {
      Tensor along =
          vectors.select(0, g).mul(vectors.select(0, g - 1)).sum(new long[] {1}, true, null);
      sign = positive(along.mul(sign));
      signs.add(sign);
    }
    return Tensors.stack(signs);
  }

  /** 1 where t is at least 0, -1 elsewhere. */
  private static Tensor positive(Tensor t) {
    return t.ge(new Scalar(0.0)).to(ScalarType.Double).mul(new Scalar(2.0)).sub(new Scalar(1.0));
  }

  /**
   * Writes the state, from which {@link #load} continues to the same bits.
   *
   * @param metadata strings kept with it
   * @param beside further tensors kept with it, in double precision
   */
  public void save(Path file, Map<String, String> metadata, Map<String, Tensor> beside) {
    use(() -> write(file, metadata, beside));
  }

  private void write(Path file, Map<String, String> metadata, Map<String, Tensor> beside) {
    try (TensorFileWriter writer = new TensorFileWriter(file)) {
      metadata.forEach(writer::metadata);
      writer.metadata("pca_count", Long.toString(count));
      writer.metadata("pca_rank", Integer.toString(rank));
      Map<String, Tensor> state =
          new TreeMap<>(
              Map.of(
                  "mean",
                  mean,
                  "scaled",
                  scaled,
                  "total_squares",
                  totalSquares,
                  "cut_off",
                  cutOff));
      state.putAll(beside);
      state.forEach((name, t) -> writer.declare(name, ScalarType.Double, Tensors.shape(t)));
      state.forEach(writer::write);
      writer.finish();
    }
  }

  /**
   * Reads a state.
   *
   * @param groups G of the analysis that goes on
   * @param dimension D of it
   * @param capacity K of it
   * @return to be closed by the caller
   * @throws HspaceException when the file does not hold one of that size
   */
  public static IncrementalPca load(FormatFile file, int groups, long dimension, int capacity) {
    if (file.metadata("pca_count") == null || !file.contains("scaled")) {
      throw new HspaceException(
          file.place() + ": expected the state of a PCA, found another kind of file");
    }
    try (PointerScope scope = new PointerScope()) {
      IncrementalPca pca = new IncrementalPca(groups, dimension, capacity);
      try {
        pca.count = file.integer("pca_count", 1, Long.MAX_VALUE);
        pca.rank = (int) file.integer("pca_rank", 1, capacity);
        pca.mean.copy_(file.finite("mean", groups, dimension));
        pca.scaled.copy_(file.finite("scaled", groups, capacity, dimension));
        pca.totalSquares.copy_(file.finite("total_squares", groups));
        pca.cutOff.copy_(file.finite("cut_off", groups));
        return pca;
      } catch (RuntimeException e) {
        pca.close();
        throw e;
      }
    }
  }

  /** The state, from which {@link #of} continues to the same bits: between processes. */
  public PcaState state() {
    return use(
        () -> {
          try (PointerScope scope = new PointerScope()) {
            return new PcaState(
                groups,
                mean.size(1),
                capacity,
                count,
                rank,
                Tensors.doubles(mean),
                Tensors.doubles(scaled.narrow(1, 0, rank)),
                Tensors.doubles(totalSquares),
                Tensors.doubles(cutOff));
          }
        });
  }

  /**
   * The analysis of a {@link #state}.
   *
   * @return to be closed by the caller
   */
  public static IncrementalPca of(PcaState state) {
    IncrementalPca pca = new IncrementalPca(state.groups(), state.dimension(), state.capacity());
    try (PointerScope scope = new PointerScope()) {
      pca.count = state.count();
      pca.rank = state.rank();
      pca.mean.copy_(Tensors.of(state.mean(), state.groups(), state.dimension()));
      if (state.rank() > 0)
        pca.scaled
            .narrow(1, 0, state.rank())
            .copy_(Tensors.of(state.scaled(), state.groups(), state.rank(), state.dimension()));
      pca.totalSquares.copy_(Tensors.of(state.totalSquares(), state.groups()));
      pca.cutOff.copy_(Tensors.of(state.cutOff(), state.groups()));
      return pca;
    } catch (RuntimeException e) {
      pca.close();
      throw e;
    }
  }
}
