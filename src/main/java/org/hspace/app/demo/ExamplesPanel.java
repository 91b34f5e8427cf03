package org.hspace.app.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.app.Seeds;
import org.hspace.app.Strengths;
import org.hspace.directions.ExampleDirections;
import org.hspace.directions.ExampleOptions;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.WeightedDirection;

/**
 * A direction from a handful of examples, which the model's own classifier picks among fresh
 * samples.
 */
public final class ExamplesPanel implements Panel {
  private final String attribute;
  private final int looked;
  private final int examples;
  private final long[] seeds;
  private final double[] strengths;

  /**
   * Options.
   *
   * @param attribute of the examples
   * @param looked samples among which they are picked
   * @param examples with the attribute, and as many without
   * @param seeds images that are edited
   * @param strengths columns of the grid; 1 is the way from without to with
   */
  public ExamplesPanel(
      String attribute, int looked, int examples, long[] seeds, double[] strengths) {
    this.attribute = attribute;
    this.looked = looked;
    this.examples = examples;
    this.seeds = seeds.clone();
    this.strengths = strengths.clone();
  }

  @Override
  public String title() {
    return "examples";
  }

  @Override
  public Optional<String> missing(DemoContext context) {
    Path folder = context.model().directory().resolve("classifier");
    if (!Files.isRegularFile(folder.resolve("config.json")))
      return Optional.of("the model has no classifier");
    try (Classifier classifier = Classifier.open(folder, context.model().options().device())) {
      return classifier.labels().contains(attribute)
          ? Optional.empty()
          : Optional.of("the model's classifier knows no " + attribute);
    }
  }

  @Override
  public List<Figure> draw(DemoContext context) {
    long[] candidates = LongStream.range(5000, 5000 + looked).toArray();
    double[] scores = scores(context, candidates);
    long[] ranked =
        IntStream.range(0, looked)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> scores[i]))
            .mapToLong(i -> candidates[i])
            .toArray();
    long[] negative = Arrays.copyOf(ranked, examples);
    long[] positive = Arrays.copyOfRange(ranked, looked - examples, looked);
    ExampleOptions options = new ExampleOptions(attribute, context.sampling().batch() / 2, null);
    try (DirectionSet found =
            new ExampleDirections(context.model())
                .ofSeeds(
                    positive, negative, context.sampling(), options, context.progress(title()));
        Direction direction = found.get(0)) {
      return List.of(figure(context, direction, positive, negative));
    }
  }

  private double[] scores(DemoContext context, long[] candidates) {
    double[] scores = new double[candidates.length];
    int[] row = {0};
    Path folder = context.model().directory().resolve("classifier");
    try (Classifier classifier = Classifier.open(folder, context.model().options().device())) {
      int column = classifier.column(attribute);
      new Sampler(context.model())
          .stream(
              candidates,
              context.sampling().withRecordH(false),
              part -> {
                try (PointerScope scope = new PointerScope()) {
                  double[] some =
                      Tensors.doubles(
                          classifier.scores(context.model().pictures(part.x0())).select(1, column));
                  System.arraycopy(some, 0, scores, row[0], some.length);
                  row[0] += some.length;
                }
              },
              context.progress("looking for examples"));
    }
    return scores;
  }

  private Figure figure(
      DemoContext context, Direction direction, long[] positive, long[] negative) {
    List<Edit> edits = new ArrayList<>();
    List<String> columns = new ArrayList<>();
    for (double strength : strengths) {
      edits.add(Edit.of(new WeightedDirection(direction, strength)));
      columns.add(strength == 0 ? "unedited" : (strength < 0 ? "− " : "+ ") + Math.abs(strength));
    }
    List<RgbImage> cells = context.edited(seeds, edits, "editing along examples");
    Sheet sheet =
        new Sheet(seeds.length, columns.size())
            .title(
                "A direction from "
                    + examples
                    + " images with "
                    + attribute
                    + " and "
                    + examples
                    + " without")
            .columns(columns)
            .rows(DemoContext.captions(seeds));
    for (int i = 0; i < cells.size(); i++) {
      sheet.set(i / columns.size(), i % columns.size(), cells.get(i));
    }
    return new Figure(
            "examples",
            "The mean difference of h between %d images with %s and %d without, added to other images."
                .formatted(examples, attribute, examples),
            sheet.render(),
            true)
        .withHeading("A direction from examples")
        .withCommands(
            "hspace examples --positive-seeds %s --negative-seeds %s%s --name %s --out %s.safetensors"
                .formatted(
                    new Seeds(positive).text(),
                    new Seeds(negative).text(),
                    context.steps(),
                    attribute,
                    attribute),
            "hspace edit --seeds %s%s --direction %s.safetensors:0 --strengths=%s --out examples.png"
                .formatted(
                    new Seeds(seeds).text(),
                    context.steps(),
                    attribute,
                    Arrays.stream(strengths)
                        .mapToObj(Strengths::digits)
                        .collect(Collectors.joining(","))));
  }
}
