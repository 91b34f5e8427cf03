package org.hspace.app.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hspace.HspaceException;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.WeightedDirection;

/**
 * The directions by name that lie in the model's folder: each attribute's original direction
 * against its disentangled one, and several edits in sequence.
 */
public final class ShippedPanel implements Panel {
  private static final String ALONE = "-only";

  private final long[] seeds;
  private final double strength;

  /**
   * Options.
   *
   * @param strength of the edits; 1 is the way from the lowest to the highest examples
   * @param seeds images; each gets a sheet, the first is the poster's
   */
  public ShippedPanel(double strength, long... seeds) {
    this.strength = strength;
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
      List<Direction> before = new ArrayList<>();
      List<Direction> after = new ArrayList<>();
      for (String name : names) {
        before.add(original.get(name));
        after.add(disentangled.get(name + ALONE));
      }
      opened.addAll(before);
      opened.addAll(after);
      List<Figure> figures = new ArrayList<>(comparison(context, names, before, after));
      figures.add(sequence(context, names, after));
      return figures;
    } finally {
      opened.forEach(Direction::close);
    }
  }

  private static Edit edit(Direction direction, double strength) {
    return Edit.of(new WeightedDirection(direction, strength));
  }

  /** A sheet a seed: a row an attribute, original and disentangled beside each other. */
  private List<Figure> comparison(
      DemoContext context, List<String> names, List<Direction> before, List<Direction> after) {
    List<Edit> edits = new ArrayList<>(List.of(Edit.NONE));
    for (int k = 0; k < names.size(); k++) {
      for (Direction direction : List.of(before.get(k), after.get(k))) {
        edits.add(edit(direction, -strength));
        edits.add(edit(direction, strength));
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
      figures.add(
          new Figure(
              "attributes-" + row,
              "Directions of attributes, found by a classifier's scores: the original ones also change what goes with the"
                  + " attribute in the data, the disentangled ones less so.",
              sheet.render(),
              row == 0));
    }
    return figures;
  }

  /** Each column adds one direction. */
  private Figure sequence(DemoContext context, List<String> names, List<Direction> directions) {
    List<Edit> edits = new ArrayList<>(List.of(Edit.NONE));
    List<String> columns = new ArrayList<>(List.of("unedited"));
    for (int k = 0; k < names.size(); k++) {
      edits.add(edits.get(k).and(new WeightedDirection(directions.get(k), strength * 0.7)));
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
    return new Figure(
        "sequential",
        "Edits add up: each column keeps those to its left and adds one more.",
        sheet.render(),
        true);
  }
}
