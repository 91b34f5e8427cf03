package org.hspace.app.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.hspace.HspaceException;
import org.hspace.app.Seeds;
import org.hspace.app.Strengths;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.WeightedDirection;

/**
 * The directions by name that lie in the model's folder: each attribute's original direction
 * against its disentangled one, and several edits in sequence, in multiples of the strength that
 * their files suggest.
 */
public final class ShippedPanel implements Panel {
  private static final String ALONE = "-only";

  private final long[] seeds;
  private final double multiple;

  /**
   * Options.
   *
   * @param multiple of each direction's suggested strength, which moves its attribute by half a
   *     standard deviation; of 1 where the file suggests none
   * @param seeds images; each gets a sheet, the first is the poster's
   */
  public ShippedPanel(double multiple, long... seeds) {
    this.multiple = multiple;
    this.seeds = seeds.clone();
  }

  @Override
  public String title() {
    return "shipped directions";
  }

  private static Path file(DemoContext context, String set) {
    return context.model().directory().resolve("directions").resolve(set + ".safetensors");
  }

  @Override
  public Optional<String> missing(DemoContext context) {
    for (String set : List.of("original", "disentangled")) {
      if (!Files.isRegularFile(file(context, set))) {
        return Optional.of(
            "the model has no " + context.model().directory().relativize(file(context, set)));
      }
      try {
        DirectionSet.open(file(context, set), context.model()).close();
      } catch (HspaceException e) {
        return Optional.of(e.getMessage());
      }
    }
    return Optional.empty();
  }

  @Override
  public List<Figure> draw(DemoContext context) {
    List<Direction> opened = new ArrayList<>();
    try (DirectionSet original = DirectionSet.open(file(context, "original"), context.model());
        DirectionSet disentangled =
            DirectionSet.open(file(context, "disentangled"), context.model())) {
      List<String> names =
          original.names().stream()
              .filter(name -> disentangled.names().contains(name + ALONE))
              .toList();
      List<WeightedDirection> before = new ArrayList<>();
      List<WeightedDirection> after = new ArrayList<>();
      for (String name : names) {
        before.add(weighted(original, name, opened));
        after.add(weighted(disentangled, name + ALONE, opened));
      }
      List<Figure> figures = new ArrayList<>(comparison(context, names, before, after));
      figures.add(sequence(context, names, after));
      return figures;
    } finally {
      opened.forEach(Direction::close);
    }
  }

  /** A direction of a file at the strength that is shown; added to those that are to be closed. */
  private WeightedDirection weighted(DirectionSet set, String name, List<Direction> opened) {
    Direction direction = set.get(name);
    opened.add(direction);
    double unit = set.suggestedStrength(set.names().indexOf(name)).orElse(1);
    return new WeightedDirection(direction, multiple * unit);
  }

  private static Edit less(WeightedDirection direction) {
    return Edit.of(new WeightedDirection(direction.direction(), -direction.strength()));
  }

  /** A sheet a seed: a row an attribute, original and disentangled beside each other. */
  private List<Figure> comparison(
      DemoContext context,
      List<String> names,
      List<WeightedDirection> before,
      List<WeightedDirection> after) {
    List<Edit> edits = new ArrayList<>(List.of(Edit.NONE));
    for (int k = 0; k < names.size(); k++) {
      for (WeightedDirection direction : List.of(before.get(k), after.get(k))) {
        edits.add(less(direction));
        edits.add(Edit.of(direction));
      }
    }
    List<RgbImage> cells = context.edited(seeds, edits, "editing along shipped directions");
    List<Figure> figures = new ArrayList<>();
    for (int row = 0; row < seeds.length; row++) {
      Sheet sheet =
          new Sheet(names.size(), 5)
              .title("Attributes of seed " + seeds[row] + ": found, and disentangled")
              .columns(
                  List.of(
                      "original, less", "original, more", "unedited", "alone, less", "alone, more"))
              .rows(names);
      for (int k = 0; k < names.size(); k++) {
        int first = row * edits.size() + 1 + 4 * k;
        int[] order = {first, first + 1, row * edits.size(), first + 2, first + 3};
        for (int column = 0; column < order.length; column++) {
          sheet.set(k, column, cells.get(order[column]));
        }
      }
      String each =
          names.stream()
              .map(name -> " --direction " + name + " --direction " + name + ALONE)
              .collect(Collectors.joining());
      figures.add(
          new Figure(
                  "attributes-" + row,
                  "Directions of attributes, found by a classifier's scores, each %s times as strong as its file suggests: less and"
                          .formatted(Strengths.digits(multiple))
                      + " more of the attribute by the original direction, which also moves what goes with it in the data, and by"
                      + " the disentangled one, which does not on average over samples. A single image may still change in more.",
                  sheet.render(),
                  row == 0)
              .withHeading("Attributes of seed " + seeds[row])
              .withCommands(
                  "hspace edit --seeds %d%s --each%s --out attributes-%d.png"
                      .formatted(seeds[row], context.steps(), each, row)));
    }
    return figures;
  }

  /** Each column adds one direction. */
  private Figure sequence(
      DemoContext context, List<String> names, List<WeightedDirection> directions) {
    List<Edit> edits = new ArrayList<>(List.of(Edit.NONE));
    List<String> columns = new ArrayList<>(List.of("unedited"));
    for (int k = 0; k < names.size(); k++) {
      edits.add(edits.get(k).and(directions.get(k)));
      columns.add("+ " + names.get(k));
    }
    List<RgbImage> cells = context.edited(seeds, edits, "editing in sequence");
    Sheet sheet =
        new Sheet(seeds.length, columns.size())
            .title("Sequential edits: each column adds one direction")
            .columns(columns)
            .rows(DemoContext.captions(seeds));
    for (int i = 0; i < cells.size(); i++) {
      sheet.set(i / columns.size(), i % columns.size(), cells.get(i));
    }
    String terms =
        directions.stream()
            .map(
                one ->
                    " --direction "
                        + one.direction().name()
                        + "="
                        + Strengths.digits(one.strength()))
            .collect(Collectors.joining());
    return new Figure(
            "sequential",
            "Edits add up: each column keeps those to its left and adds one more.",
            sheet.render(),
            true)
        .withHeading("Edits in sequence")
        .withCommands(
            "hspace edit --seeds %s%s --sequential%s --out sequential.png"
                .formatted(new Seeds(seeds).text(), context.steps(), terms));
  }
}
