package org.hspace.directions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.RRQRDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.stat.descriptive.moment.StandardDeviation;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.NoiseSchedule;

/**
 * The direction of an attribute from annotated samples: the mean difference of h between the
 * highest and the lowest, or the slope of h on that attribute when it is regressed on all of them
 * at once. Second half of the paper's method 4.
 */
public final class AttributeDirections {
  private final Model model;

  /** For the given model, which it does not own. */
  public AttributeDirections(Model model) {
    this.model = model;
  }

  /**
   * Makes the direction. At strength 1 it moves the score, to first order, as far as the highest
   * samples' mean is from the lowest's, either way of making it.
   *
   * <p>Figure: {@code suggested_strength} (1), which moves it by half a standard deviation.
   *
   * @return one direction of the attribute's name, to be closed by the caller
   * @throws HspaceException when the attribute is unknown or there are fewer samples than asked for
   */
  public DirectionSet run(Annotations annotations, AttributeOptions options) {
    int[][] extremes = extremes(annotations, options); // {positive, negative} rows
    Map<String, Object> facts = new LinkedHashMap<>(annotations.provenance().details());
    facts.remove("kind");
    facts.put("attribute", options.attribute());
    facts.put("samples", annotations.size());
    facts.put("examples", options.examples());
    if (options.balance() != null) facts.put("balance", options.balance());
    facts.put("fit", options.regression() ? "regression" : "extremes");
    double[] scores = annotations.scores(options.attribute());
    double span = mean(scores, extremes[0]) - mean(scores, extremes[1]);
    if (span == 0) { // the highest and the lowest
      throw new HspaceException(
          "attribute " + options.attribute() + ": all samples have the same score");
    }
    facts.put("score_difference", span);
    try (PointerScope scope = new PointerScope()) {
      Tensor delta =
          options.regression()
              ? regression(annotations, options.attribute(), span)
              : difference(annotations, extremes, facts); // (T, c, h, w)
      int[] timesteps =
          NoiseSchedule.of(model.schedulerConfig())
              .lattice(annotations.provenance().steps())
              .timesteps();
      return new DirectionSet(
          List.of(options.attribute()),
          delta.to(model.options().dtype().stateType()).unsqueeze(0),
          timesteps,
          annotations.provenance().ofDirections("attribute", facts),
          Map.of(
              DirectionSet.SUGGESTED_STRENGTH,
              Tensors.of(new double[] {suggested(scores, span)}, 1)));
    }
  }

  /** What moves the score, to first order, by half a standard deviation. */
  private static double suggested(double[] scores, double span) {
    return 0.5 * new StandardDeviation(false).evaluate(scores) / span;
  }

  private static double mean(double[] values, int[] rows) {
    return Arrays.stream(rows).mapToDouble(row -> values[row]).average().orElseThrow();
  }

  /** Rows of the n highest, in descending order, and of the n lowest, in ascending order. */
  static int[][] extremes(Annotations annotations, AttributeOptions options) {
    double[] scores = annotations.scores(options.attribute());
    Integer[] order = IntStream.range(0, scores.length).boxed().toArray(Integer[]::new);
    Arrays.sort(
        order, Comparator.comparingDouble((Integer row) -> scores[row]).thenComparing(row -> row));
    List<Integer> ascending = List.of(order);
    List<Integer> descending = new ArrayList<>(ascending);
    Collections.reverse(descending);
    int n = options.examples();
    if (2L * n > scores.length) {
      throw new HspaceException(
          "examples: expected at most "
              + scores.length / 2
              + ", half of the annotated samples, found "
              + n);
    }
    if (options.balance() == null) {
      return new int[][] {
        take(descending, n, row -> true, options), take(ascending, n, row -> true, options)
      };
    }
    double[] other = annotations.scores(options.balance());
    double[] sorted = other.clone();
    Arrays.sort(sorted);
    double median = sorted[sorted.length / 2];
    int[][] result = new int[2][];
    for (int side = 0; side < 2; side++) {
      List<Integer> ranked = side == 0 ? descending : ascending;
      int[] upper = take(ranked, n / 2, row -> other[row] >= median, options);
      int[] lower = take(ranked, n - n / 2, row -> other[row] < median, options);
      result[side] = IntStream.concat(Arrays.stream(upper), Arrays.stream(lower)).toArray();
    }
    Set<Integer> positive = Set.copyOf(Arrays.stream(result[0]).boxed().toList());
    if (Arrays.stream(result[1]).anyMatch(positive::contains)) {
      throw new HspaceException(
          "balance: expected enough samples in each half of "
              + options.balance()
              + " that highest and lowest are different ones, found fewer; ask for fewer examples");
    }
    return result;
  }

  private static int[] take(
      List<Integer> ranked, int count, IntPredicate wanted, AttributeOptions options) {
    int[] rows = ranked.stream().mapToInt(Integer::intValue).filter(wanted).limit(count).toArray();
    if (rows.length < count) {
      throw new HspaceException(
          "balance: expected "
              + count
              + " samples in each half of "
              + options.balance()
              + ", found "
              + rows.length);
    }
    return rows;
  }

  /** Mean h of the highest minus mean h of the lowest, double (T, c, h, w). */
  private static Tensor difference(
      Annotations annotations, int[][] extremes, Map<String, Object> facts) {
    Map<Integer, Double> weight = new HashMap<>();
    for (int row : extremes[0]) weight.put(row, 1.0 / extremes[0].length);
    for (int row : extremes[1]) weight.put(row, -1.0 / extremes[1].length);
    facts.put("positive_seeds", seeds(annotations, extremes[0]));
    facts.put("negative_seeds", seeds(annotations, extremes[1]));
    Tensor[] sum = new Tensor[1];
    annotations.forEachKept(
        (rows, h) -> {
          if (sum[0] == null) sum[0] = zeros(h).retainReference();
          for (int i = 0; i < rows.length; i++) {
            Double w = weight.remove(rows[i]);
            if (w != null) sum[0].add_(Tensors.times(h.select(0, i).to(ScalarType.Double), w));
          }
        });
    if (!weight.isEmpty()) {
      throw new HspaceException(
          "%s: the h of %d of the examples, among them seed %d, were not kept; ask for fewer, or annotate with --keep"
              .formatted(
                  annotations.folder(),
                  weight.size(),
                  annotations.seeds()[Collections.min(weight.keySet())]));
    }
    return sum[0];
  }

  private static List<Long> seeds(Annotations annotations, int[] rows) {
    long[] all = annotations.seeds();
    return Arrays.stream(rows).mapToObj(row -> all[row]).toList();
  }

  private static Tensor zeros(Tensor h) {
    return Tensors.zeros(ScalarType.Double, h.size(1), h.size(2), h.size(3), h.size(4));
  }

  /**
   * Least squares {@code h ≈ h̄ + Σ_a s_a w_a} over all samples, s the standardised scores; returns
   * the slope on one attribute times {@code span} of its scores, double (T, c, h, w).
   */
  private static Tensor regression(Annotations annotations, String attribute, double span) {
    int n = annotations.size();
    List<String> labels = annotations.labels();
    double[][] columns = new double[labels.size()][]; // standardised
    double[] deviations = new double[labels.size()];
    for (int a = 0; a < columns.length; a++) {
      double[] scores = annotations.scores(labels.get(a));
      double mean = Arrays.stream(scores).average().orElseThrow();
      double sd = Math.sqrt(Arrays.stream(scores).map(s -> (s - mean) * (s - mean)).sum() / n);
      if (sd == 0 && labels.get(a).equals(attribute))
        throw new HspaceException("attribute " + attribute + ": all samples have the same score");
      double divisor = sd == 0 ? 1 : sd;
      deviations[a] = divisor;
      columns[a] = Arrays.stream(scores).map(s -> (s - mean) / divisor).toArray();
    }
    if (n < labels.size() + 2) {
      throw new HspaceException(
          "samples: expected more than the "
              + (labels.size() + 1)
              + " coefficients of the regression, found "
              + n);
    }
    int column = labels.indexOf(attribute);
    double scale = span / deviations[column];
    double[] g = slope(columns, column);
    if (!annotations.whole()) {
      for (int a = 0; a < g.length; a++) g[a] /= deviations[a];
      try (ScoreStatistics statistics = annotations.statistics()) {
        return Tensors.times(statistics.combined(g), scale).view(annotations.shape());
      }
    }
    RealMatrix s = new Array2DRowRealMatrix(columns, false).transpose();
    double[] weights = s.operate(g); // of each sample's h, in the slope
    Tensor[] sum = new Tensor[1];
    annotations.forEachPart(
        (first, h) -> {
          if (sum[0] == null) sum[0] = zeros(h).retainReference();
          int count = Math.toIntExact(h.size(0));
          Tensor w = Tensors.of(Arrays.copyOfRange(weights, first, first + count), 1, count);
          Tensor flat = h.to(ScalarType.Double).reshape(count, -1); // (n, T·c·h·w)
          sum[0].add_(w.matmul(flat).view(Tensors.shape(sum[0])));
        });
    return Tensors.times(sum[0], scale);
  }

  /**
   * g with {@code (SᵀS) g = e_a}, S the standardised scores (N, A): row a of the pseudoinverse of S
   * is {@code S g}, and the slope this times H.
   */
  private static double[] slope(double[][] columns, int a) {
    RealMatrix s =
        new Array2DRowRealMatrix(columns, false).transpose(); // (N, A), every column of mean 0
    double[][] unit = new double[columns.length][1];
    unit[a][0] = 1;
    // The columns are standardised, so SᵀS/N is a correlation matrix.
    RealMatrix gram = s.transpose().multiply(s);
    RRQRDecomposition qr = new RRQRDecomposition(gram, 1e-10 * columns[0].length);
    if (!qr.getSolver().isNonSingular()) {
      throw new HspaceException(
          "attributes: some depend linearly on others in these samples; regression needs more varied ones");
    }
    return qr.getSolver().solve(new Array2DRowRealMatrix(unit, false)).getColumn(0);
  }
}
