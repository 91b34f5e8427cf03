package org.hspace.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.ImageSource;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Inversion;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Inverter;
import org.hspace.pipeline.Locality;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;

/**
 * What directions do to given pictures, beside what they do to the model's own samples.
 *
 * <p>Each direction is applied at its strength and at minus that: its effect is half the difference
 * of its attribute's score, in standard deviations of the samples' scores, so that it does not
 * matter which side of the attribute a picture is on. The region of a direction is where it changes
 * samples most: the fewest pixels that hold four fifths of the mean square change.
 */
public final class RealEdits {
  /** Share of the samples' mean square change that lies inside the region. */
  private static final double INSIDE = 0.8;

  /** Share of the largest effect that the knee of a curve keeps at least. */
  private static final double KEPT = 0.9;

  /**
   * What is compared.
   *
   * @param skips shares of the steps that run unedited
   * @param etas of the inversion
   * @param steps numbers of inference steps
   * @param samples of the model's own, sampled with η = 1 and edited everywhere
   * @param firstSeed of the samples
   */
  public record Options(
      double[] skips,
      List<EtaSchedule> etas,
      int[] steps,
      int samples,
      long firstSeed,
      SamplingOptions sampling,
      InversionOptions inversion,
      EditOptions editing) {}

  /**
   * One direction under one setting; what ends in Samples is of the model's own.
   *
   * @param effect on the direction's attribute, in standard deviations
   * @param others root mean square effect on the other attributes
   * @param psnr of the reconstruction, mean over the pictures, dB
   * @param inside root mean square change of pixels inside the direction's region
   * @param outside the same outside of it, against the picture itself
   * @param distance from edit to picture as the classifier's features see it ({@link
   *     Classifier#distances}), mean
   */
  public record Row(
      String direction,
      double strength,
      double skip,
      String eta,
      int steps,
      double effect,
      double effectSamples,
      double others,
      double othersSamples,
      double psnr,
      double inside,
      double outside,
      double outsideSamples,
      double distance,
      double distanceSamples) {}

  /**
   * One setting, over all directions.
   *
   * @param effect sum of the directions' effects on pictures over that on samples
   * @param outside likewise of the changes outside the regions
   * @param distance likewise of the distances
   * @param psnr of the reconstruction, dB
   */
  public record Setting(
      double skip,
      String eta,
      int steps,
      double effect,
      double outside,
      double distance,
      double psnr) {
    private static Setting of(List<Row> rows) {
      Row one = rows.get(0);
      return new Setting(
          one.skip(),
          one.eta(),
          one.steps(),
          ratio(rows, Row::effect, Row::effectSamples),
          ratio(rows, Row::outside, Row::outsideSamples),
          ratio(rows, Row::distance, Row::distanceSamples),
          one.psnr());
    }

    private static double ratio(
        List<Row> rows, ToDoubleFunction<Row> pictures, ToDoubleFunction<Row> samples) {
      return rows.stream().mapToDouble(pictures).sum() / rows.stream().mapToDouble(samples).sum();
    }
  }

  /** What rows say of each setting, in their order. */
  public static List<Setting> settings(List<Row> rows) {
    return rows.stream()
        .collect(
            Collectors.groupingBy(
                row -> List.of(row.skip(), row.eta(), row.steps()),
                LinkedHashMap::new,
                Collectors.toList()))
        .values()
        .stream()
        .map(Setting::of)
        .toList();
  }

  /**
   * Where the curve bends: of the settings that keep nine tenths of the largest effect, the one
   * that changes least outside the directions' regions; none where nothing moves as it should.
   */
  public static Optional<Setting> knee(List<Setting> settings) {
    double largest = settings.stream().mapToDouble(Setting::effect).max().orElse(0);
    return settings.stream()
        .filter(setting -> largest > 0 && setting.effect() >= KEPT * largest)
        .min(Comparator.comparingDouble(Setting::outside));
  }

  /** Change of one direction on one kind of images. */
  private record Moved(double effect, double others, double[] pixels, double distance) {
    /** Root mean square over some of the pixels. */
    double size(boolean[] region, boolean inside) {
      return Math.sqrt(
          IntStream.range(0, pixels.length)
              .filter(i -> region[i] == inside)
              .mapToDouble(i -> pixels[i])
              .average()
              .orElse(0));
    }
  }

  private final Model model;
  private final Classifier classifier;
  private final List<Direction> directions;
  private final List<String> targets;
  private final double[] strengths;
  private final Options options;
  private final List<Edit> columns = new ArrayList<>(); // + and - of each direction

  private RealEdits(
      Model model,
      Classifier classifier,
      List<Direction> directions,
      List<String> targets,
      double[] strengths,
      Options options) {
    this.model = model;
    this.classifier = classifier;
    this.directions = directions;
    this.targets = targets;
    this.strengths = strengths;
    this.options = options;
    for (int k = 0; k < strengths.length; k++) {
      for (double sign : new double[] {1, -1}) {
        columns.add(Edit.of(new WeightedDirection(directions.get(k), sign * strengths[k])));
      }
    }
  }

  /**
   * Measures every direction under every setting.
   *
   * @param pictures (N, C, H, W) in [-1, 1]
   * @param directions K of them; not owned
   * @param targets the attribute that each is meant to change (K)
   * @param strengths of each (K)
   * @throws HspaceException when an attribute is the same in all samples
   */
  public static List<Row> measure(
      Model model,
      Classifier classifier,
      Tensor pictures,
      List<ImageSource> sources,
      List<Direction> directions,
      List<String> targets,
      double[] strengths,
      Options options,
      Progress progress) {
    return new RealEdits(model, classifier, directions, targets, strengths, options)
        .rows(pictures, sources, progress);
  }

  private List<Row> rows(Tensor pictures, List<ImageSource> sources, Progress progress) {
    List<Row> rows = new ArrayList<>();
    int settings = options.etas().size() * (1 + options.skips().length);
    long total = (long) options.steps().length * (1 + settings);
    long[] done = {0};
    Runnable tick = () -> progress.report(++done[0], total, "settings");
    for (int steps : options.steps()) {
      double[] sd;
      Moved[] samples;
      try (Trajectory own =
          new Sampler(model)
              .sample(
                  LongStream.range(0, options.samples())
                      .map(i -> options.firstSeed() + i)
                      .toArray(),
                  options.sampling().withSteps(steps).withRecordH(false),
                  progress.silent())) {
        try (PointerScope scope = new PointerScope()) {
          Tensor plain = model.pictures(own.x0());
          sd = deviations(plain);
          samples = changes(own, plain, Locality.NONE, sd, progress);
        }
      }
      tick.run();
      for (EtaSchedule eta : options.etas()) {
        rows.addAll(ofInversion(pictures, sources, steps, eta, sd, samples, tick, progress));
      }
    }
    return rows;
  }

  private List<Row> ofInversion(
      Tensor pictures,
      List<ImageSource> sources,
      int steps,
      EtaSchedule eta,
      double[] sd,
      Moved[] samples,
      Runnable tick,
      Progress progress) {
    List<Row> rows = new ArrayList<>();
    InversionOptions how = options.inversion().withSteps(steps).withEta(eta).withRecordH(false);
    try (PointerScope scope = new PointerScope();
        Inversion found =
            new Inverter(model).invert(model.samples(pictures), sources, how, progress.silent())) {
      double psnr =
          Arrays.stream(Inverter.psnr(pictures, model.pictures(found.trajectory().x0())))
              .average()
              .orElseThrow();
      tick.run();
      for (double skip : options.skips()) {
        Locality locality = options.editing().locality().withSkip(skip);
        Moved[] real = changes(found.trajectory(), pictures, locality, sd, progress);
        for (int k = 0; k < real.length; k++) {
          boolean[] region = region(samples[k].pixels());
          rows.add(
              new Row(
                  directions.get(k).name(),
                  strengths[k],
                  skip,
                  eta.toString(),
                  steps,
                  real[k].effect(),
                  samples[k].effect(),
                  real[k].others(),
                  samples[k].others(),
                  psnr,
                  real[k].size(region, true),
                  real[k].size(region, false),
                  samples[k].size(region, false),
                  real[k].distance(),
                  samples[k].distance()));
        }
        tick.run();
      }
    }
    return rows;
  }

  /** Standard deviation of each attribute's score (A). */
  private double[] deviations(Tensor pictures) {
    int attributes = classifier.labels().size();
    Moments moments = new Moments(attributes);
    double[] scores = Tensors.doubles(classifier.scores(pictures));
    for (int row = 0; row < scores.length; row += attributes)
      moments.add(Arrays.copyOfRange(scores, row, row + attributes));
    double[] sd = moments.deviations();
    for (String attribute : targets) {
      if (sd[classifier.column(attribute)] == 0) {
        throw new HspaceException("attribute " + attribute + ": all samples have the same score");
      }
    }
    return sd;
  }

  /**
   * What each direction changes.
   *
   * @param before what is changed (N, C, H, W)
   */
  private Moved[] changes(
      Trajectory trajectory, Tensor before, Locality locality, double[] sd, Progress progress) {
    int attributes = sd.length;
    int n = trajectory.rows();
    try (PointerScope scope = new PointerScope();
        Images images =
            new EditGrid(model)
                .run(
                    trajectory,
                    columns,
                    options.editing().withLocality(locality),
                    progress.silent())) {
      Tensor after = model.pictures(images.tensor()); // (N·2K, C, H, W)
      double[] scores = Tensors.doubles(classifier.scores(after)); // (N, K, 2, A)
      Tensor pairs = // (N, 2K, C, H, W)
          before
              .unsqueeze(1)
              .expand(n, columns.size(), before.size(1), before.size(2), before.size(3));
      double[] distances = // (N, K, 2)
          Tensors.doubles(classifier.distances(after, pairs.flatten(0, 1)));
      Moved[] changes = new Moved[directions.size()];
      Tensor square =
          after
              .view(n, columns.size(), before.size(1), before.size(2), before.size(3))
              .sub(before.unsqueeze(1))
              .to(ScalarType.Double)
              .square()
              .mean(2)
              .mean(0); // (2K, H, W)
      for (int k = 0; k < changes.length; k++) {
        int own = classifier.column(targets.get(k));
        double effect = 0;
        double others = 0;
        double distance = 0;
        for (int row = 0; row < n; row++) {
          int cell = row * columns.size() + 2 * k;
          distance += (distances[cell] + distances[cell + 1]) / (2 * n);
          int plus = cell * attributes;
          for (int a = 0; a < attributes; a++) {
            if (sd[a] == 0) continue;
            double change = (scores[plus + a] - scores[plus + attributes + a]) / (2 * sd[a]);
            if (a == own) effect += change / n;
            else others += change * change / (n * Math.max(1, attributes - 1));
          }
        }
        double[] pixels = Tensors.doubles(square.narrow(0, 2L * k, 2).mean(0).reshape(-1));
        changes[k] = new Moved(effect, Math.sqrt(others), pixels, distance);
      }
      return changes;
    }
  }

  /** The fewest pixels that hold {@link #INSIDE} of the sum. */
  static boolean[] region(double[] squares) {
    int[] order =
        IntStream.range(0, squares.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -squares[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double wanted = INSIDE * Arrays.stream(squares).sum();
    boolean[] inside = new boolean[squares.length];
    double held = 0;
    for (int i : order) {
      if (held >= wanted) break;
      inside[i] = true;
      held += squares[i];
    }
    return inside;
  }
}
