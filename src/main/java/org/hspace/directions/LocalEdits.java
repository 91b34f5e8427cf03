package org.hspace.directions;

import static org.bytedeco.pytorch.global.torch.linalg_cholesky;
import static org.bytedeco.pytorch.global.torch.linalg_eigh;
import static org.bytedeco.pytorch.global.torch.linalg_eigvalsh;
import static org.bytedeco.pytorch.global.torch.linalg_inv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.linalg.SvdOptions;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Trajectory;

/**
 * Edits of one image that stay inside a mask, of the local vectors that {@link JacobianDirections}
 * finds with {@code keepOutside}.
 *
 * <p>A timestep's vector keeps the outside of that timestep's prediction; the steps behind it
 * answer to the change. So each vector is injected at its own timestep alone, weakly, the
 * trajectory is decoded, and the same ratio of changes inside to changes outside is maximised once
 * more, over combinations of all vectors at all timesteps, by what the picture was seen to do (a
 * Rayleigh-Ritz step). That matches signs and weights along t. A line search on the decode then
 * finds the strength of a given change inside, and those combinations are kept that were measured
 * to stay inside best.
 */
public final class LocalEdits {
  /** The usual weight of the vectors' own length, λ. */
  public static final double LAMBDA = 1e-3;

  /** The usual change inside: visible, and within what vectors do in proportion. */
  public static final double AMOUNT = 0.1;

  /**
   * The usual residual of local vectors. Their ratios err by its square; what counts is measured.
   */
  public static final double TOLERANCE = 1e-2;

  /** Change of the predicted image inside the mask, as a share of the amount, when probing. */
  private static final double PROBE = 0.3;

  /** Vectors of a timestep that are combined, if no more edits are asked for. */
  private static final int CANDIDATES = 8;

  /** Combinations tried for each edit that is asked for, by each of the weights of length. */
  private static final int TRIED = 2;

  private static final double[] WEIGHTS = {1, 10};

  /** Figures (S, k, …), of which as many vectors are kept as there are edits. */
  private static final List<String> EACH =
      List.of(
          "singular_values",
          "residuals",
          "converged",
          "right_vectors",
          "left_vectors",
          "inside_predicted",
          "inside_measured");

  private final Model model;

  /**
   * How many vectors of each timestep to find for a number of edits.
   *
   * @param mask M (1, 1, H, W): one of few pixels has few vectors
   */
  public static int candidates(int edits, Tensor mask) {
    return Math.max(edits, Math.min(CANDIDATES, (int) Tensors.doubles(mask.sum())[0]));
  }

  /** How many combinations are decoded for a number of edits, at most. */
  public static int tried(int edits) {
    return WEIGHTS.length * TRIED * edits;
  }

  /** How those vectors are usually asked for. */
  public static SvdOptions solver(int edits, Tensor mask) {
    SvdOptions defaults = SvdOptions.of(candidates(edits, mask));
    return new SvdOptions(
        defaults.vectors(), TOLERANCE, defaults.maxProducts(), defaults.basis(), defaults.seed());
  }

  /** For the given model, which it does not own. */
  public LocalEdits(Model model) {
    this.model = model;
  }

  /**
   * Combines local vectors.
   *
   * @param vectors what {@link JacobianDirections} found for this row, at one timestep or more, as
   *     many of each as {@link #candidates} says
   * @param options as they were found with: a mask and {@code keepOutside}
   * @param count how many edits, at most as many as a timestep has vectors
   * @param amount root mean square of the change inside the mask, in units of x_0's [-1, 1]
   * @param batch rows of one network pass
   * @return K edits, the one that stays inside best first; fewer than asked for where the others
   *     would change the same. Named {@code local 0} and so on: {@code (K, T, c, h, w)} on the
   *     trajectory's timesteps, scaled so that strength 1 is the amount. Figures: those of the
   *     vectors, {@code inside_measured} (S, K), the share of each vector's squared change that is
   *     inside the mask, injected at its own timestep alone; {@code edit_inside_predicted} and
   *     {@code edit_inside_measured}, the share of each edit by the responses and by the decode,
   *     {@code edit_amount}, the change that was reached, and {@code suggested_strength} (K). To be
   *     closed by the caller
   */
  public DirectionSet run(
      Trajectory trajectory,
      int row,
      DirectionSet vectors,
      JacobianOptions options,
      int count,
      double amount,
      int batch,
      Progress progress) {
    if (!(amount > 0 && Double.isFinite(amount))) {
      throw new HspaceException("amount: expected a number above 0, found " + amount);
    }
    try (PointerScope scope = new PointerScope()) {
      MaskedChanges changes = new MaskedChanges(model, trajectory, row, options.mask(), batch);
      Candidates candidates = new Candidates(trajectory, vectors, changes, amount * PROBE);
      Tensor responses = // (n, C, H, W): of unit vectors
          changes
              .decode(candidates.count(), candidates::probe, progress)
              .div(Tensors.of(candidates.strengths(), candidates.count(), 1, 1, 1));
      long[] image = Arrays.copyOfRange(Tensors.shape(responses), 1, 4);
      Tensor weights = // (m, n)
          combinations(
              responses.flatten(1, -1),
              candidates.gram(),
              changes.inside().flatten(0, -1),
              options.keepOutside(),
              Math.min(TRIED * count, candidates.count()));
      Tensor predicted = // (m, C, H, W)
          weights.matmul(responses.flatten(1, -1)).unflatten(1, image);
      double[][] rows = Tensors.rows(weights);
      double[] strengths = changes.amounts(predicted);
      for (int i = 0; i < strengths.length; i++) strengths[i] = amount / strengths[i];
      AmountSearch search =
          new AmountSearch(
              changes,
              rows.length,
              (copy, step) -> candidates.combined(rows[copy], step),
              strengths,
              amount,
              progress);
      return edits(
          trajectory,
          vectors,
          candidates,
          search,
          rows,
          search.best(count),
          changes.shares(responses),
          changes.shares(predicted),
          count);
    }
  }

  /** Each vector of each timestep, to be injected there. */
  private static final class Candidates {
    private final Tensor vectors; // (S, k, c, h, w)
    private final int[] steps; // (S): the trajectory's step of each timestep
    private final int perTimestep;
    private final double[] strengths; // (S·k)

    Candidates(Trajectory trajectory, DirectionSet found, MaskedChanges changes, double change) {
      Map<String, Tensor> figures = found.figures();
      vectors = figures.get("right_vectors");
      long[] timesteps = Tensors.longs(figures.get("found_at"));
      List<Integer> lattice = Arrays.stream(trajectory.lattice().timesteps()).boxed().toList();
      steps = Arrays.stream(timesteps).mapToInt(t -> lattice.indexOf((int) t)).toArray();
      perTimestep = (int) vectors.size(1);
      double[] sigma = Tensors.doubles(figures.get("singular_values")); // (S·k)
      double[] part = // ‖M J v‖ / √pixels / ‖J v‖
          changes.amounts(figures.get("left_vectors").flatten(0, 1).to(ScalarType.Double));
      double[] alphaBars = trajectory.lattice().alphaBar();
      strengths = new double[count()];
      for (int i = 0; i < strengths.length; i++) {
        // P_t = (x_t - √(1-ᾱ) ε) / √ᾱ
        double alphaBar = alphaBars[steps[i / perTimestep]];
        double slope = Math.sqrt((1 - alphaBar) / alphaBar) * sigma[i] * part[i];
        if (!(slope > 0)) {
          throw new HspaceException(
              "mask: vector "
                  + i % perTimestep
                  + " of timestep "
                  + timesteps[i / perTimestep]
                  + " changes nothing inside; fewer --vectors, or a larger mask");
        }
        strengths[i] = change / slope;
      }
    }

    int count() {
      return steps.length * perTimestep;
    }

    int perTimestep() {
      return perTimestep;
    }

    double[] strengths() {
      return strengths;
    }

    /** A unit vector (c, h, w). */
    private Tensor vector(int i) {
      return vectors.select(0, i / perTimestep).select(0, i % perTimestep);
    }

    Tensor probe(int i, int step) {
      return steps[i / perTimestep] == step ? Tensors.times(vector(i), strengths[i]) : null;
    }

    /** Inner products (n, n), those of different timesteps 0. */
    Tensor gram() {
      int n = count();
      Tensor gram = Tensors.zeros(ScalarType.Double, n, n);
      for (int s = 0; s < steps.length; s++) {
        Tensor rows = vectors.select(0, s).flatten(1, -1).to(ScalarType.Double); // (k, d)
        long first = (long) s * perTimestep;
        gram.narrow(0, first, perTimestep)
            .narrow(1, first, perTimestep)
            .copy_(rows.matmul(rows.transpose(0, 1)));
      }
      return gram;
    }

    /** Σ of a step's weighted vectors (c, h, w); null where the step has none. */
    Tensor combined(double[] weights, int step) {
      int s = IntStream.range(0, steps.length).filter(i -> steps[i] == step).findAny().orElse(-1);
      if (s < 0) return null;
      double[] part = Arrays.copyOfRange(weights, s * perTimestep, (s + 1) * perTimestep);
      Tensor factors = Tensors.of(part, perTimestep, 1, 1, 1).to(vectors.scalar_type());
      return vectors.select(0, s).mul(factors).sum(0);
    }
  }

  /** Weights of the vectors (m, n), some for each of the weights of length. */
  private static Tensor combinations(
      Tensor responses, Tensor gram, Tensor inside, double lambda, int m) {
    Tensor all = responses.matmul(responses.transpose(0, 1)); // (n, n)
    Tensor part = responses.mul(inside).matmul(responses.transpose(0, 1));
    List<Tensor> found = new ArrayList<>();
    for (double weight : WEIGHTS) found.add(leading(all, part, gram, weight * lambda, m));
    return Tensors.cat(found, 0);
  }

  /**
   * Weights of the vectors (m, n) that maximise the change inside against the change outside, by
   * the inner products of their responses, all and inside the mask, and their own (n, n).
   */
  private static Tensor leading(Tensor all, Tensor part, Tensor gram, double lambda, int m) {
    double largest = Tensors.doubles(linalg_eigvalsh(all).max())[0];
    Tensor right = Tensors.plus(all, gram, lambda * largest);
    // Vectors of a timestep may be all but dependent.
    Tensor eye = torch.eye(gram.size(0), Tensors.options(ScalarType.Double));
    right = Tensors.plus(right, eye, 1e-12 * largest);
    Tensor inverse = linalg_inv(linalg_cholesky(right));
    Tensor vectors = // columns, ascending
        linalg_eigh(inverse.matmul(part).matmul(inverse.transpose(0, 1))).get1();
    Tensor weights = inverse.transpose(0, 1).matmul(vectors).transpose(0, 1).flip(0);
    return weights.narrow(0, 0, m).contiguous();
  }

  private static DirectionSet edits(
      Trajectory trajectory,
      DirectionSet vectors,
      Candidates candidates,
      AmountSearch search,
      double[][] weights,
      List<Integer> kept,
      double[] measured,
      double[] predicted,
      int count) {
    List<String> names = new ArrayList<>();
    List<Tensor> directions = new ArrayList<>(); // each (T, c, h, w)
    for (int i : kept) {
      double strength = search.strengths()[i];
      List<Tensor> at = new ArrayList<>();
      for (int step = 0; step < trajectory.steps(); step++) {
        Tensor delta = candidates.combined(weights[i], step);
        at.add(
            delta == null
                ? Tensors.times(candidates.vector(0), 0)
                : Tensors.times(delta, strength));
      }
      names.add("local " + names.size());
      directions.add(Tensors.stack(at));
    }
    Map<String, Tensor> figures = new LinkedHashMap<>(vectors.figures());
    figures.put("inside_measured", Tensors.of(measured, Tensors.shape(figures.get("residuals"))));
    for (String figure : EACH) {
      figures.computeIfPresent(figure, (name, t) -> t.narrow(1, 0, count).contiguous());
    }
    figures.put("edit_inside_predicted", chosen(predicted, kept));
    figures.put("edit_inside_measured", chosen(search.shares(), kept));
    figures.put("edit_amount", chosen(search.reached(), kept));
    double[] suggested = new double[kept.size()];
    Arrays.fill(suggested, 1);
    figures.put(DirectionSet.SUGGESTED_STRENGTH, Tensors.of(suggested, suggested.length));
    return new DirectionSet(
        names,
        Tensors.stack(directions),
        trajectory.lattice().timesteps(),
        vectors.provenance(),
        figures);
  }

  private static Tensor chosen(double[] values, List<Integer> kept) {
    return Tensors.of(kept.stream().mapToDouble(i -> values[i]).toArray(), kept.size());
  }
}
