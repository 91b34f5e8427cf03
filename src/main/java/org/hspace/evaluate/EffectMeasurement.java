package org.hspace.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.hspace.HspaceException;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;

/** Measures an {@link EffectTable}. */
public final class EffectMeasurement {
  private static final int CALIBRATION_ROUNDS = 7;

  /** Share of the amount by which a calibrated effect may be off before the last round. */
  private static final double CLOSE = 0.02;

  private final Classifier classifier;
  private final List<Target> targets;
  private final EffectOptions options;
  private final MeasuredEdits edits;
  private final Function<double[], MeasuredEdits> measured; // by the scores' deviations
  private final List<Change> changes;
  private final int[] column; // of each target's attribute

  private EffectMeasurement(
      Classifier classifier,
      List<Target> targets,
      EffectOptions options,
      MeasuredEdits edits,
      Function<double[], MeasuredEdits> measured) {
    this.measured = measured;
    this.classifier = classifier;
    this.targets = targets;
    this.options = options;
    this.edits = edits;
    this.changes = targets.stream().map(Target::change).toList();
    this.column = targets.stream().mapToInt(t -> classifier.column(t.attribute())).toArray();
  }

  /**
   * Measures the effect of each change on each attribute.
   *
   * @throws HspaceException when a target's attribute is unknown, or an attribute is the same in
   *     all samples
   */
  public static EffectTable run(
      Model model,
      Classifier classifier,
      List<Target> targets,
      EffectOptions options,
      Progress progress) {
    return run(model, classifier, targets, options, here(model, classifier, options), progress);
  }

  /**
   * The same, where samples are measured elsewhere.
   *
   * @param edits measures samples of these options
   */
  public static EffectTable run(
      Model model,
      Classifier classifier,
      List<Target> targets,
      EffectOptions options,
      MeasuredEdits edits,
      Progress progress) {
    return run(model, classifier, targets, options, edits, deviations -> edits, progress);
  }

  /**
   * The same, where what is measured in the end are other edits than those whose strengths are
   * found.
   *
   * @param measured gives these by the standard deviations of all scores
   */
  public static EffectTable run(
      Model model,
      Classifier classifier,
      List<Target> targets,
      EffectOptions options,
      MeasuredEdits edits,
      Function<double[], MeasuredEdits> measured,
      Progress progress) {
    if (targets.isEmpty())
      throw new HspaceException("directions: expected at least one, found none");
    EffectMeasurement measurement =
        new EffectMeasurement(classifier, targets, options, edits, measured);
    new ScoredEdits(model, classifier, options.sampling(), options.editing())
        .checkStrength(measurement.changes, options.strength().orElse(options.maxStrength()));
    return measurement.measure(progress);
  }

  /** Measures in this process. */
  public static MeasuredEdits here(Model model, Classifier classifier, EffectOptions options) {
    return MeasuredEdits.here(
        model, classifier, options.sampling(), options.editing(), options.mask());
  }

  /**
   * How many images a measurement generates at most, edited and not.
   *
   * @param directions how many
   * @param controls of {@link HeldEdits}, how many
   */
  public static long images(int directions, int controls, EffectOptions options) {
    long samples = (long) options.samples() * options.sets();
    return options.calibration()
        + rounds(options) * options.calibration() * (1L + directions)
        + samples * (1L + (controls == 0 ? directions : HeldEdits.images(controls, directions)));
  }

  /** Rounds that look for strengths. */
  private static int rounds(EffectOptions options) {
    return options.strength().isPresent() ? 0 : CALIBRATION_ROUNDS;
  }

  private EffectTable measure(Progress progress) {
    int k = targets.size();
    int rounds = rounds(options);
    long total =
        (long) options.calibration() * (1 + rounds) + (long) options.samples() * options.sets();
    long[] done = {0};
    Runnable tick = () -> progress.report(++done[0], total, "images");

    long[] seeds =
        seeds(
            options.firstSeed() + (long) options.samples() * options.sets(), options.calibration());
    Moments plain = new Moments(classifier.labels().size());
    edits.run(
        seeds,
        List.of(),
        new double[0],
        one -> {
          plain.add(one.before());
          tick.run();
        });
    double[] sd = plain.deviations();
    for (int target : column) {
      if (sd[target] == 0) {
        throw new HspaceException(
            "attribute " + classifier.labels().get(target) + ": all samples have the same score");
      }
    }

    double[] strengths = new double[k];
    boolean[] reached = new boolean[k];
    if (options.strength().isPresent()) {
      Arrays.fill(strengths, options.strength().getAsDouble());
      Arrays.fill(reached, true);
    } else {
      int used = calibrate(seeds, sd, strengths, reached, tick);
      done[0] += (long) (CALIBRATION_ROUNDS - used) * options.calibration();
    }
    return table(sd, strengths, reached, tick);
  }

  /**
   * Regula falsi, halving where it is slow: the mean effect grows with strength, and is 0 at 0.
   *
   * @return the rounds that it took
   */
  private int calibrate(
      long[] seeds, double[] sd, double[] strengths, boolean[] reached, Runnable tick) {
    int k = strengths.length;
    double[] low = new double[k];
    double[] high = new double[k];
    double[] effectLow = new double[k];
    double[] effectHigh = new double[k];
    boolean[] settled = new boolean[k];
    Arrays.fill(high, options.maxStrength());
    Arrays.fill(effectHigh, Double.NaN); // nothing strong enough was seen yet
    Arrays.fill(strengths, Math.min(1, options.maxStrength()));
    int round = 0;
    for (; round < CALIBRATION_ROUNDS; round++) {
      int[] open = IntStream.range(0, k).filter(i -> !settled[i]).toArray();
      if (open.length == 0) break;
      double[] effect = targetEffects(open, seeds, sd, strengths, tick); // of the open ones
      for (int j = 0; j < open.length; j++) {
        int i = open[j];
        boolean close = Math.abs(effect[j] - options.amount()) <= CLOSE * options.amount();
        reached[i] |= close || effect[j] >= options.amount();
        settled[i] = close || !reached[i] && strengths[i] >= options.maxStrength();
        if (settled[i]) continue;
        boolean enough = effect[j] >= options.amount();
        (enough ? high : low)[i] = strengths[i];
        (enough ? effectHigh : effectLow)[i] = effect[j];
        double share = (options.amount() - effectLow[i]) / (effectHigh[i] - effectLow[i]);
        strengths[i] =
            Double.isNaN(share)
                ? Math.min(options.maxStrength(), 2 * Math.max(low[i], options.maxStrength() / 64))
                : low[i] + Math.min(0.95, Math.max(0.05, share)) * (high[i] - low[i]);
      }
    }
    for (int i = 0; i < k; i++) {
      if (!settled[i] && !reached[i]) strengths[i] = options.maxStrength();
    }
    return round;
  }

  /** Mean effects of some of the directions on their own attributes. */
  private double[] targetEffects(
      int[] which, long[] seeds, double[] sd, double[] strengths, Runnable tick) {
    double[] sum = new double[which.length];
    edits.run(
        seeds,
        Arrays.stream(which).mapToObj(changes::get).toList(),
        Arrays.stream(which).mapToDouble(i -> strengths[i]).toArray(),
        one -> {
          for (int j = 0; j < sum.length; j++) {
            int own = column[which[j]];
            sum[j] += one.after()[j][own] - one.before()[own];
          }
          tick.run();
        });
    for (int j = 0; j < sum.length; j++) sum[j] /= seeds.length * sd[column[which[j]]];
    return sum;
  }

  private EffectTable table(double[] sd, double[] strengths, boolean[] reached, Runnable tick) {
    int k = strengths.length;
    int a = sd.length;
    Moments[] effects = new Moments[k]; // over sets, of the sets' means
    double[] others = new double[k];
    double[][] squares = new double[k][3]; // pixels: all, inside, outside
    for (int i = 0; i < k; i++) effects[i] = new Moments(a);
    MeasuredEdits table = measured.apply(sd);
    for (int set = 0; set < options.sets(); set++) {
      Moments[] ofSet = new Moments[k];
      for (int i = 0; i < k; i++) ofSet[i] = new Moments(a);
      table.run(
          seeds(options.firstSeed() + (long) set * options.samples(), options.samples()),
          changes,
          strengths,
          one -> {
            for (int i = 0; i < k; i++) {
              double[] change = new double[a];
              for (int j = 0; j < a; j++) {
                change[j] = sd[j] == 0 ? 0 : (one.after()[i][j] - one.before()[j]) / sd[j];
                if (j != column[i]) others[i] += change[j] * change[j] / Math.max(1, a - 1);
              }
              ofSet[i].add(change);
              for (int part = 0; part < 3; part++) squares[i][part] += one.pixels()[3 * i + part];
            }
            tick.run();
          });
      for (int i = 0; i < k; i++) effects[i].add(ofSet[i].means());
    }
    double n = (double) options.samples() * options.sets();
    double[][] mean = new double[k][];
    double[][] spread = new double[k][];
    for (int i = 0; i < k; i++) {
      mean[i] = effects[i].means();
      spread[i] = effects[i].deviations();
    }
    return new EffectTable(
        classifier.labels(),
        changes.stream().map(Change::name).toList(),
        targets.stream().map(Target::attribute).toList(),
        strengths,
        reached,
        mean,
        spread,
        Arrays.stream(others).map(square -> Math.sqrt(square / n)).toArray(),
        roots(squares, 0, n),
        roots(squares, 1, n),
        roots(squares, 2, n));
  }

  private static double[] roots(double[][] squares, int part, double n) {
    return Arrays.stream(squares).mapToDouble(s -> Math.sqrt(s[part] / n)).toArray();
  }

  private static long[] seeds(long first, int count) {
    return LongStream.range(first, first + count).toArray();
  }
}
