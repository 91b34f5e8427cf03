package org.hspace.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.directions.Annotations;
import org.hspace.directions.AttributeDirections;
import org.hspace.directions.AttributeOptions;
import org.hspace.evaluate.EffectDisentanglement;
import org.hspace.evaluate.EffectMeasurement;
import org.hspace.evaluate.EffectOptions;
import org.hspace.evaluate.EffectTable;
import org.hspace.evaluate.MeasuredEffects;
import org.hspace.evaluate.Target;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionAlgebra;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.SamplingOptions;

/**
 * Directions of attributes that leave the other attributes where they are: the slopes of h on all
 * scores at once, combined by what they were measured to do to samples that they were not made of.
 * At strength 1 each moves its own attribute by half a standard deviation.
 */
public final class DisentangledAttributes {
  private static final double AMOUNT = 0.5;

  private final Model model;
  private final Classifier classifier;
  private final Annotations annotations;

  /** Of annotated samples; owns none of them. */
  public DisentangledAttributes(Model model, Classifier classifier, Annotations annotations) {
    this.model = model;
    this.classifier = classifier;
    this.annotations = annotations;
  }

  /**
   * How they are made.
   *
   * @param examples highest and lowest samples, as in {@link AttributeOptions}
   * @param trials samples on which effects are measured
   * @param firstSeed of these
   * @param batch of these
   * @param suffix behind the attributes' names
   * @param force whether a direction of which little is left is kept
   */
  public record Options(
      int examples, int trials, long firstSeed, int batch, String suffix, boolean force) {}

  /**
   * One of them.
   *
   * @param name of the direction
   * @param cosine with the slope that it was made of
   * @param weights how much of each other slope was taken out
   */
  public record Row(String name, double cosine, Map<String, Double> weights) {
    /** For people. */
    public String text() {
      return String.format(Locale.ROOT, "%-14s cosine with its slope %.2f", name, cosine);
    }
  }

  /**
   * Makes the directions.
   *
   * @param wanted attributes; all of them take part
   * @param rows hears of each
   * @return to be closed by the caller, with figure {@code suggested_strength}
   * @throws HspaceException when little is left of one, unless forced
   */
  public DirectionSet run(List<String> wanted, Options options, List<Row> rows, Progress progress) {
    List<Direction> slopes = new ArrayList<>();
    List<Direction> made = new ArrayList<>();
    for (String attribute : wanted) annotations.scores(attribute); // says which ones there are
    try {
      for (String attribute : annotations.labels()) slopes.add(slope(attribute, options));
      MeasuredEffects effects = measure(slopes, options, progress);
      for (String attribute : wanted) {
        int own = annotations.labels().indexOf(attribute);
        made.add(alone(own, slopes, effects, options, rows));
      }
      return set(made, options);
    } finally {
      slopes.forEach(Direction::close);
      made.forEach(Direction::close);
    }
  }

  /** The slope on an attribute, scaled to what should move it by half a standard deviation. */
  private Direction slope(String attribute, Options options) {
    AttributeOptions fit = new AttributeOptions(attribute, options.examples(), null, true);
    try (DirectionSet set = new AttributeDirections(model).run(annotations, fit);
        Direction slope = set.get(0);
        Tensor suggested = set.figures().get(DirectionSet.SUGGESTED_STRENGTH)) {
      return DirectionAlgebra.scale(slope, Tensors.doubles(suggested)[0]);
    }
  }

  private MeasuredEffects measure(List<Direction> slopes, Options options, Progress progress) {
    List<Target> targets = slopes.stream().map(slope -> new Target(slope, slope.name())).toList();
    EffectOptions plan =
        new EffectOptions(
            options.trials(),
            1,
            options.firstSeed(),
            AMOUNT,
            EffectOptions.DEFAULT.maxStrength(),
            OptionalDouble.of(1),
            EffectOptions.calibrationFor(options.trials()),
            SamplingOptions.of(annotations.provenance(), options.batch()),
            EditOptions.DEFAULT,
            null);
    EffectTable found = EffectMeasurement.run(model, classifier, targets, plan, progress);
    return new MeasuredEffects(
        found.attributes(),
        found.directions(),
        slopes.stream().map(Direction::hash).toList(),
        found.targets(),
        found.effect());
  }

  private Direction alone(
      int own, List<Direction> slopes, MeasuredEffects effects, Options options, List<Row> rows) {
    List<Direction> others = new ArrayList<>(slopes);
    Direction slope = others.remove(own);
    int column = effects.attributes().indexOf(slope.name());
    double effect = effects.slope()[own][column];
    if (effect == 0 || effect < 0 && !options.force()) {
      throw new HspaceException(
          String.format(
              Locale.ROOT,
              "attribute %s: its slope was measured to move it by %.3f standard deviations, not upwards; it needs more"
                  + " samples, or leave it out by --name",
              slope.name(),
              effect));
    }
    try (EffectDisentanglement found = EffectDisentanglement.of(slope, others, effects);
        Direction scaled = DirectionAlgebra.scale(found.direction(), found.halfDeviation())) {
      Map<String, Double> weights = new LinkedHashMap<>();
      for (int k = 0; k < others.size(); k++) weights.put(others.get(k).name(), found.weights()[k]);
      String name = slope.name() + options.suffix();
      rows.add(new Row(name, found.cosine(), weights));
      if (found.cosine() < EffectDisentanglement.ALONG && !options.force()) {
        throw new HspaceException(
            String.format(
                Locale.ROOT,
                "attribute %s: without the others little is left of its slope (cosine %.2f); leave it out by --name,"
                    + " or --force",
                slope.name(),
                found.cosine()));
      }
      return DirectionAlgebra.rename(scaled, name);
    }
  }

  private DirectionSet set(List<Direction> made, Options options) {
    Map<String, Object> facts = new LinkedHashMap<>(annotations.provenance().details());
    facts.remove("kind");
    facts.put("samples", annotations.size());
    facts.put("fit", "regression");
    facts.put("by", "measured effects");
    facts.put("trials", options.trials());
    facts.put("trials_first_seed", options.firstSeed());
    double[] suggested = made.stream().mapToDouble(one -> 1).toArray();
    return DirectionSet.of(
        made, suggested, annotations.provenance().ofDirections("disentangled", facts));
  }
}
