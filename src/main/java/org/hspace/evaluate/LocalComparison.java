package org.hspace.evaluate;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.directions.AmountSearch;
import org.hspace.directions.JacobianDirections;
import org.hspace.directions.JacobianOptions;
import org.hspace.directions.LocalEdits;
import org.hspace.directions.MaskedChanges;
import org.hspace.linalg.SvdOptions;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;

/**
 * How well ways of finding local edits keep them inside a mask, at equal change inside: singular
 * vectors of the masked Jacobian at some timesteps, each used at all; the same without what lies in
 * the leading singular vectors of the Jacobian of the rest (LOCO-Edit's null-space projection; Chen
 * et al. 2024); and {@link LocalEdits}. Of each way as many edits are decoded at the amount, and
 * the same rule keeps those that stay inside best.
 *
 * @param tried edits of each sample that are decoded
 * @param ratios squared change inside against outside by way, of each edit kept of each sample, of
 *     those whose line search came to the amount
 * @param missed edits kept, by way, that did not come to the amount
 */
public record LocalComparison(
    int tried, Map<String, double[]> ratios, Map<String, Integer> missed) {
  public static final String MASKED = "masked singular vectors";
  public static final String PROJECTED = "the same, null-space projection";
  public static final String LOCAL = "local edits";

  /** Leading singular vectors of the rest that are projected out. */
  private static final int RANK = 5;

  /** Strength of a unit vector to begin a line search with, for an amount of one. */
  private static final double FIRST = 50;

  /**
   * Measures.
   *
   * @param seeds of the samples
   * @param mask M (1, 1, H, W) of zeros and ones in a sample's size
   * @param kept edits of each sample and way
   * @param lambda of the local edits
   * @param amount root mean square change inside
   */
  public static LocalComparison measure(
      Model model,
      long[] seeds,
      Tensor mask,
      int kept,
      double lambda,
      double amount,
      SamplingOptions sampling,
      Progress progress) {
    Map<String, double[]> ratios = new LinkedHashMap<>();
    Map<String, Integer> missed = new LinkedHashMap<>();
    for (String way : List.of(MASKED, PROJECTED, LOCAL)) {
      ratios.put(way, new double[0]);
      missed.put(way, 0);
    }
    LocalComparison result = new LocalComparison(LocalEdits.tried(kept), ratios, missed);
    for (int i = 0; i < seeds.length; i++) {
      try (PointerScope scope = new PointerScope();
          Trajectory image = new Sampler(model).draw(new long[] {seeds[i]}, sampling)) {
        result.add(model, image, mask, kept, lambda, amount, sampling.batch());
      }
      progress.report(i + 1, seeds.length, "samples");
    }
    return result;
  }

  /** The median ratio of a way; not a number where no vector came to the amount. */
  public double median(String way) {
    double[] sorted = ratios.get(way).clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return n == 0 ? Double.NaN : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }

  private void add(
      Model model,
      Trajectory image,
      Tensor mask,
      int kept,
      double lambda,
      double amount,
      int batch) {
    int[] steps = JacobianOptions.spread(tried / kept, image.steps());
    Tensor inside = singular(model, image, mask, kept, steps); // (S, k, c, h, w)
    Tensor rest = singular(model, image, mask.neg().add(new Scalar(1.0)), RANK, steps);
    MaskedChanges changes = new MaskedChanges(model, image, 0, mask, batch);
    search(MASKED, changes, inside.flatten(0, 1), kept, amount);
    Tensor others = rest.flatten(2, -1); // (S, r, d)
    Tensor within = inside.flatten(2, -1).matmul(others.transpose(1, 2)).matmul(others);
    search(PROJECTED, changes, inside.sub(within.view_as(inside)).flatten(0, 1), kept, amount);
    JacobianOptions options =
        JacobianOptions.of(LocalEdits.solver(kept, mask), null, mask, "mask", lambda);
    try (DirectionSet found = new JacobianDirections(model).run(image, 0, options, Progress.NONE);
        DirectionSet edits =
            new LocalEdits(model)
                .run(image, 0, found, options, kept, amount, batch, Progress.NONE)) {
      double[] shares = Tensors.doubles(edits.figures().get("edit_inside_measured"));
      double[] reached = Tensors.doubles(edits.figures().get("edit_amount"));
      for (int k = 0; k < shares.length; k++) {
        note(LOCAL, shares[k], AmountSearch.hit(reached[k], amount));
      }
    }
  }

  /** Right singular vectors of the masked Jacobian at some steps (S, k, c, h, w), float64. */
  private static Tensor singular(Model model, Trajectory image, Tensor mask, int k, int[] steps) {
    JacobianOptions options = JacobianOptions.of(SvdOptions.of(k), steps, mask, "mask", 0);
    try (DirectionSet found = new JacobianDirections(model).run(image, 0, options, Progress.NONE)) {
      return found.figures().get("right_vectors").to(ScalarType.Double);
    }
  }

  /** Adds the best of vectors (n, c, h, w), each injected at all timesteps. */
  private void search(String way, MaskedChanges changes, Tensor vectors, int kept, double amount) {
    int count = (int) vectors.size(0);
    double[] first = new double[count];
    Arrays.fill(first, FIRST * amount);
    AmountSearch search =
        new AmountSearch(
            changes, count, (copy, step) -> vectors.select(0, copy), first, amount, Progress.NONE);
    for (int k : search.best(kept)) note(way, search.shares()[k], search.hit(k));
  }

  private void note(String way, double share, boolean hit) {
    if (!hit) {
      missed.merge(way, 1, Integer::sum);
      return;
    }
    double[] before = ratios.get(way);
    double[] after = Arrays.copyOf(before, before.length + 1);
    after[before.length] = share / (1 - share);
    ratios.put(way, after);
  }
}
