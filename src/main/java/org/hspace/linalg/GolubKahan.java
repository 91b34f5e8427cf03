package org.hspace.linalg;

import static org.bytedeco.pytorch.global.torch.bmm;
import static org.bytedeco.pytorch.global.torch.empty;
import static org.bytedeco.pytorch.global.torch.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.HspaceException;

/**
 * Golub-Kahan-Lanczos bidiagonalisation with full reorthogonalisation and thick restart (Golub and
 * Kahan 1965; Baglama and Reichel 2005), every problem of the map in lockstep: one sweep is one
 * batched {@code A v} and one batched {@code Aᵀ u} over the problems that have not converged.
 *
 * <p>After j steps {@code A V = U B} and {@code Aᵀ U = V Bᵀ + β v_next e_jᵀ}, with orthonormal V
 * and U and a small B. With {@code B = P Σ Qᵀ} the triplets are {@code (U p_i, σ_i, V q_i)} and the
 * residual {@code ‖Aᵀu_i - σ_i v_i‖ = β |P_ji|} comes for free.
 */
public final class GolubKahan implements SvdSolver {
  /**
   * Vectors kept before a restart when the user does not say: few restarts for small k, memory
   * still bounded.
   */
  static int defaultBasis(int vectors) {
    return Math.max(40, 3 * vectors + 16);
  }

  /** Bytes of both bases of one problem, for cutting a run to a memory budget. */
  public static long basisBytes(LinearMap map, SvdOptions options) {
    long vectors = options.basis() > 0 ? options.basis() : defaultBasis(options.vectors());
    long width = Vectors.size(map.domain()) + Vectors.size(map.codomain());
    return (vectors + 1) * width * map.options().dtype().itemsize();
  }

  @Override
  public List<Svd> solve(LinearMap map, SvdOptions options, Progress progress) {
    long smallest = Math.min(Vectors.size(map.domain()), Vectors.size(map.codomain()));
    if (options.vectors() > smallest) {
      throw new IllegalArgumentException(
          "vectors: " + options.vectors() + " wanted, but the map has only " + smallest);
    }
    try (Lockstep lockstep = new Lockstep(map, options)) {
      while (lockstep.active.length > 0) {
        double worst = lockstep.step();
        progress.sweep(lockstep.active.length, lockstep.pairs, worst);
      }
      return Arrays.asList(lockstep.results);
    }
  }

  /** The bases and small matrices of the problems still active, all at the same step. */
  private static final class Lockstep implements AutoCloseable {
    private final LinearMap map;
    private final SvdOptions options;
    private final long d;
    private final long dOut;
    private final int capacity;
    private final double unit; // rounding of the working type
    private final Svd[] results;
    private final int[] spent; // pairs of products of each problem
    private final double[] scale; // of each problem: the largest product seen, below ‖A‖

    private int[] active; // problem numbers, ascending
    private Tensor v; // (A, capacity + 1, d) right basis
    private Tensor u; // (A, capacity, dOut) left basis
    private double[][][] b; // A small matrices (capacity, capacity): A V = U B
    private int size; // columns of B that are filled
    private long pairs;

    Lockstep(LinearMap map, SvdOptions options) {
      this.map = map;
      this.options = options;
      d = Vectors.size(map.domain());
      dOut = Vectors.size(map.codomain());
      int wanted = options.basis() > 0 ? options.basis() : defaultBasis(options.vectors());
      capacity = (int) Math.min(wanted, d);
      unit = map.options().dtype().toScalarType().intern() == ScalarType.Double ? 0x1p-52 : 0x1p-23;
      int problems = map.problems();
      results = new Svd[problems];
      spent = new int[problems];
      scale = new double[problems];
      active = new int[problems];
      b = new double[problems][capacity][capacity];
      v = empty(new long[] {problems, capacity + 1, d}, map.options(), null);
      u = empty(new long[] {problems, capacity, dOut}, map.options(), null);
      try (PointerScope scope = new PointerScope()) {
        for (int p = 0; p < problems; p++) {
          active[p] = p;
          Tensor start =
              Vectors.random(options.seed(), map.identity(p), d, map.options()); // (1, d)
          v.select(0, p).select(0, 0).copy_(start.div(start.norm()).squeeze(0));
        }
      }
    }

    /**
     * One sweep: a column of B, then the small SVDs; returns the worst residual among the active
     * problems.
     */
    double step() {
      double[] beta;
      try (PointerScope scope = new PointerScope()) {
        int j = size;
        Tensor right = v.select(1, j); // (A, d)
        Tensor w = map.apply(right.reshape(Vectors.batched(active.length, map.domain())), active);
        w = w.reshape(active.length, dOut); // (A, dOut)
        double[] image = Vectors.norms(w);
        double[] above = j == 0 ? null : Vectors.orthogonalize(w, u.narrow(1, 0, j)); // (A, j)
        double[] alpha = normalize(w, image, u, j);
        for (int a = 0; a < active.length; a++) {
          for (int i = 0; i < j; i++) b[a][i][j] = above[a * j + i];
          b[a][j][j] = alpha[a];
        }
        u.select(1, j).copy_(w);
        Tensor z =
            map.applyTranspose(w.reshape(Vectors.batched(active.length, map.codomain())), active);
        z = z.reshape(active.length, d); // (A, d)
        double[] back = Vectors.norms(z);
        Vectors.orthogonalize(z, v.narrow(1, 0, j + 1));
        beta = normalize(z, back, v, j + 1);
        v.select(1, j + 1).copy_(z);
      }
      size++;
      pairs += active.length;
      return harvest(beta);
    }

    /**
     * Scales each row of w (A, n) to norm one and returns the norms. A row that orthogonalisation
     * left at the map's rounding level is noise: its norm counts as zero and a random vector
     * orthogonal to the basis goes on in its place.
     *
     * @param before norms of the rows as the product gave them
     */
    private double[] normalize(Tensor w, double[] before, Tensor basis, int columns) {
      double[] norms = Vectors.norms(w);
      for (int a = 0; a < norms.length; a++) {
        Tensor row = w.narrow(0, a, 1); // (1, n), a view
        double length = norms[a];
        int problem = active[a];
        if (!Double.isFinite(before[a]) || !Double.isFinite(length)) {
          throw new HspaceException(
              "problem " + problem + ": a product with the map is not finite");
        }
        scale[problem] = Math.max(scale[problem], before[a]);
        if (length <= 16 * unit * scale[problem]) {
          norms[a] = 0;
          if (columns >= w.size(1)) { // the basis spans the space: nothing is left to go on with
            row.zero_();
            continue;
          }
          row.copy_(
              Vectors.random(
                  ~options.seed(),
                  map.identity(problem) * 100_003L + columns,
                  w.size(1),
                  map.options()));
          if (columns > 0) Vectors.orthogonalize(row, basis.narrow(0, a, 1).narrow(1, 0, columns));
          length = Vectors.norms(row)[0];
        }
        row.div_(new Scalar(length));
      }
      return norms;
    }

    /** Small SVDs; problems that are done leave the batch; a full basis is restarted. */
    private double harvest(double[] beta) {
      int k = options.vectors();
      if (size < k) {
        return Double.POSITIVE_INFINITY;
      }
      double worst = 0;
      SingularValueDecomposition[] small = new SingularValueDecomposition[active.length];
      List<Integer> staying = new ArrayList<>();
      for (int a = 0; a < active.length; a++) {
        small[a] = new SingularValueDecomposition(leading(b[a], size));
        double[] residuals = residuals(small[a], beta[a]);
        double max = Arrays.stream(residuals).max().orElseThrow();
        int problem = active[a];
        spent[problem]++;
        int total = products(problem);
        if (max <= options.tolerance() || total >= options.maxProducts()) {
          results[problem] = result(a, small[a], residuals, total);
        } else {
          staying.add(a);
          worst = Math.max(worst, max);
        }
      }
      if (staying.size() < active.length)
        keep(staying.stream().mapToInt(Integer::intValue).toArray());
      if (size == capacity && active.length > 0) {
        SingularValueDecomposition[] kept = new SingularValueDecomposition[active.length];
        for (int a = 0; a < kept.length; a++) kept[a] = small[staying.get(a)];
        restart(kept);
      }
      return worst;
    }

    /** Pairs spent on a problem: the sweeps before the first small SVD, and those since. */
    private int products(int problem) {
      return spent[problem] + options.vectors() - 1;
    }

    /** Relative residuals {@code β |P_ji| / σ_i} of the k leading triplets. */
    private double[] residuals(SingularValueDecomposition small, double beta) {
      double[] sigma = small.getSingularValues();
      double[] residuals = new double[options.vectors()];
      for (int i = 0; i < residuals.length; i++) {
        double absolute = beta * Math.abs(small.getU().getEntry(size - 1, i));
        boolean null_ = sigma[i] <= 16 * unit * sigma[0];
        residuals[i] = absolute == 0 ? 0 : null_ ? Double.POSITIVE_INFINITY : absolute / sigma[i];
      }
      return residuals;
    }

    private Svd result(int a, SingularValueDecomposition small, double[] residuals, int products) {
      int k = options.vectors();
      boolean[] converged = new boolean[k];
      for (int i = 0; i < k; i++) converged[i] = residuals[i] <= options.tolerance();
      try (PointerScope scope = new PointerScope()) {
        Tensor right = combine(small.getV().getData(), v.narrow(0, a, 1), k); // (1, k, d)
        Tensor left = combine(small.getU().getData(), u.narrow(0, a, 1), k); // (1, k, dOut)
        Tensor vk = Vectors.orthonormal(right.squeeze(0)).to(map.options(), false, false, null);
        Tensor uk = Vectors.orthonormal(left.squeeze(0)).to(map.options(), false, false, null);
        double orthogonality = Math.max(Vectors.orthogonality(vk), Vectors.orthogonality(uk));
        vk = vk.reshape(Vectors.batched(k, map.domain())).retainReference();
        uk = uk.reshape(Vectors.batched(k, map.codomain())).retainReference();
        double[] s = Arrays.copyOf(small.getSingularValues(), k);
        return new Svd(uk, s, vk, residuals, converged, orthogonality, products);
      }
    }

    /**
     * The combinations of basis vectors (1, size, n) by the first k columns of a small orthogonal
     * matrix: (1, k, n).
     */
    private Tensor combine(double[][] matrix, Tensor basis, int k) {
      double[] columns = new double[k * size]; // (k, size): transposed
      for (int i = 0; i < k; i++)
        for (int j = 0; j < size; j++) columns[i * size + j] = matrix[j][i];
      Tensor weights = Tensor.create(columns, 1, k, size).to(basis.options(), false, false, null);
      return bmm(weights, basis.narrow(1, 0, size));
    }

    /** Compacts the batch to the rows that stay. */
    private void keep(int[] rows) {
      int[] problems = new int[rows.length];
      double[][][] matrices = new double[rows.length][][];
      long[] index = new long[rows.length];
      for (int i = 0; i < rows.length; i++) {
        problems[i] = active[rows[i]];
        matrices[i] = b[rows[i]];
        index[i] = rows[i];
      }
      active = problems;
      b = matrices;
      if (rows.length == 0) return;
      try (PointerScope scope = new PointerScope()) {
        Tensor where = tensor(index).to(v.device(), ScalarType.Long, false, false, null);
        replace(v.index_select(0, where), u.index_select(0, where));
      }
    }

    /**
     * Thick restart: the leading left and right Ritz vectors and the next right basis vector are
     * the new bases.
     */
    private void restart(SingularValueDecomposition[] small) {
      int k = options.vectors();
      int kept = Math.min(size - 2, k + Math.max(3, (capacity - k) / 3));
      try (PointerScope scope = new PointerScope()) {
        for (int a = 0; a < active.length; a++) {
          Tensor rightBasis = v.narrow(0, a, 1);
          Tensor right = combine(small[a].getV().getData(), rightBasis, kept); // (1, kept, d)
          Tensor left =
              combine(small[a].getU().getData(), u.narrow(0, a, 1), kept); // (1, kept, dOut)
          Tensor next = rightBasis.narrow(1, size, 1).clone(); // (1, 1, d)
          rightBasis.narrow(1, 0, kept).copy_(right);
          rightBasis.narrow(1, kept, 1).copy_(next);
          u.narrow(0, a, 1).narrow(1, 0, kept).copy_(left);
          b[a] = new double[capacity][capacity];
          for (int i = 0; i < kept; i++) b[a][i][i] = small[a].getSingularValues()[i];
        }
      }
      size = kept;
    }

    private void replace(Tensor newV, Tensor newU) {
      newV.retainReference();
      newU.retainReference();
      v.close();
      u.close();
      v = newV;
      u = newU;
    }

    private static Array2DRowRealMatrix leading(double[][] matrix, int size) {
      double[][] part = new double[size][];
      for (int i = 0; i < size; i++) part[i] = Arrays.copyOf(matrix[i], size);
      return new Array2DRowRealMatrix(part, false);
    }

    @Override
    public void close() {
      v.close();
      u.close();
    }
  }
}
