package org.hspace.directions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Progress;

/**
 * The strengths at which several edits change an image inside a mask by one amount, found by
 * decoding it again and again, all edits at once.
 */
public final class AmountSearch {
  private static final int DECODES = 5;

  /** How near the amount, as a share of it, an edit is done. */
  private static final double NEAR = 0.03;

  /** Beyond this an edit counts as not having reached the amount. */
  private static final double MISSED = 0.2;

  /** Pictures' changes of a larger cosine are of one edit. */
  private static final double ALIKE = 0.8;

  private static final double SHORTEST = 0.2;
  private static final double LONGEST = 2.5;

  private final double amount;
  private final double[] strengths; // (m)
  private final double[] reached; // (m)
  private final double[] shares; // (m)
  private final double[][] cosines; // [m][m]

  /**
   * Searches.
   *
   * @param count how many edits, m
   * @param unit each at strength 1
   * @param first strengths to begin with (m)
   * @param amount root mean square change inside the mask
   */
  public AmountSearch(
      MaskedChanges changes,
      int count,
      MaskedChanges.Delta unit,
      double[] first,
      double amount,
      Progress progress) {
    this.amount = amount;
    double[] trying = first.clone();
    double[] off = new double[count];
    Arrays.fill(off, Double.POSITIVE_INFINITY);
    strengths = first.clone();
    reached = new double[count];
    shares = new double[count];
    Tensor pictures = null; // (m, C, H, W): the changes of the best strengths so far
    for (int decode = 0; decode < DECODES; decode++) {
      Tensor changed =
          changes.decode(
              count,
              (copy, step) -> {
                Tensor delta = unit.at(copy, step);
                return delta == null ? null : Tensors.times(delta, trying[copy]);
              },
              progress);
      if (pictures == null) pictures = changed.clone();
      double[] amounts = changes.amounts(changed);
      double[] inside = changes.shares(changed);
      boolean done = true;
      for (int i = 0; i < count; i++) {
        if (off[i] <= NEAR) continue;
        double now = Math.abs(amounts[i] / amount - 1);
        if (now < off[i]) {
          off[i] = now;
          strengths[i] = trying[i];
          reached[i] = amounts[i];
          shares[i] = inside[i];
          pictures.select(0, i).copy_(changed.select(0, i));
        }
        done &= off[i] <= NEAR;
        // Responses are not in proportion: no step goes far at once.
        trying[i] *= Double.isFinite(amounts[i]) ? bounded(amount / amounts[i]) : SHORTEST;
      }
      changed.close();
      if (done) break;
    }
    cosines = cosines(pictures);
  }

  private static double bounded(double factor) {
    return Math.min(LONGEST, Math.max(SHORTEST, factor));
  }

  private static double[][] cosines(Tensor pictures) {
    try (PointerScope scope = new PointerScope()) {
      Tensor rows = pictures.flatten(1, -1);
      Tensor lengths = rows.square().sum(1).sqrt().clamp_min(new Scalar(1e-30)).unsqueeze(1);
      Tensor units = rows.div(lengths);
      return Tensors.rows(units.matmul(units.transpose(0, 1)));
    }
  }

  /** The strength of each edit (m). */
  public double[] strengths() {
    return strengths.clone();
  }

  /** Root mean square change inside the mask that it makes (m). */
  public double[] reached() {
    return reached.clone();
  }

  /** Share of its squared change that is inside the mask (m). */
  public double[] shares() {
    return shares.clone();
  }

  /** Whether an edit came near the amount. */
  public boolean hit(int i) {
    return hit(reached[i], amount);
  }

  /** Whether a change is near enough to the amount to be compared at it. */
  public static boolean hit(double reached, double amount) {
    return Math.abs(reached / amount - 1) <= MISSED;
  }

  /**
   * Numbers of the edits that stay inside best, of those that reach the amount first; none that
   * changes what another does.
   *
   * @param most how many at most
   */
  public List<Integer> best(int most) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, shares.length).boxed().toList());
    order.sort(Comparator.comparing((Integer i) -> !hit(i)).thenComparing(i -> -shares[i]));
    List<Integer> taken = new ArrayList<>();
    for (int i : order) {
      boolean another = taken.stream().noneMatch(j -> cosines[i][j] > ALIKE);
      if (another && taken.size() < most) taken.add(i);
    }
    return taken;
  }
}
