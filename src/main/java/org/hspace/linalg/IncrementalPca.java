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
 * matrix of the rows, because D is much larger than the number of rows. Exact while K is at least
 * the rank of the samples; all in double precision.
 */
public final class IncrementalPca extends NativeResource {
  private final int groups;
  private final int capacity;
  private final Tensor mean; // (G, D)
  private final Tensor
      scaled; // (G, K, D): the first `rank` rows of a group are s_i v_i, descending
  private final Tensor totalSquares; // (G)
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
    }
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
        rows = update(g, samples.select(1, g).to(ScalarType.Double).contiguous());
      }
    }
    rank = rows;
    count += batch;
  }

  /** Takes in a batch (B, D) of one group and returns the number of components that it has then. */
  private int update(int g, Tensor batch) {
    double m = batch.size(0);
    Tensor groupMean = mean.select(0, g); // (D), a view
    Tensor batchMean = batch.mean(0); // (D)
    Tensor centred = batch.sub(batchMean); // (B, D)
    Tensor shift = batchMean.sub(groupMean); // (D)
    double weight = count * m / (count + m);
    Tensor squares = totalSquares.select(0, g);
    squares.add_(centred.square().sum());

    List<Tensor> stack = new ArrayList<>();
    if (rank > 0) stack.add(scaled.select(0, g).narrow(0, 0, rank));
    stack.add(centred);
    if (count > 0) {
      stack.add(Tensors.times(shift, Math.sqrt(weight)).unsqueeze(0));
      squares.add_(Tensors.times(shift.square().sum(), weight));
    }
    Tensor rows = Tensors.cat(stack, 0); // (R, D)

    // The rows' right singular vectors, scaled, are Uᵀ rows with the eigenvectors U of rows rowsᵀ.
    Tensor eigenvectors = linalg_eigh(rows.matmul(rows.t())).get1(); // (R, R), ascending
    int kept = (int) Math.min(capacity, rows.size(0));
    Tensor leading = eigenvectors.narrow(1, rows.size(0) - kept, kept).flip(1); // (R, kept)
    scaled.select(0, g).narrow(0, 0, kept).copy_(leading.t().matmul(rows));
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
          count, mean.clone(), vectors.mul(signs(vectors)), s, totalSquares.clone());
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
          new TreeMap<>(Map.of("mean", mean, "scaled", scaled, "total_squares", totalSquares));
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
        return pca;
      } catch (RuntimeException e) {
        pca.close();
        throw e;
      }
    }
  }
}
