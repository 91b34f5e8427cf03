package org.hspace.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.hspace.HspaceException;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.DirectionSpec;
import org.hspace.pipeline.Model;
import picocli.CommandLine.Option;

/** Which directions are measured. */
final class EvaluateDirections {
  @Option(
      names = "--set",
      paramLabel = "SET",
      order = 1,
      description =
          "A file of the model's directions/ folder, for instance original or disentangled.")
  private String set;

  @Option(
      names = "--direction",
      paramLabel = "DIRECTION",
      order = 2,
      description =
          "Directions instead of a set; the target is the attribute that begins the direction's name.")
  @Reads
  private List<DirectionSpec> directions = new ArrayList<>();

  boolean given() {
    return set != null || !directions.isEmpty();
  }

  String option() {
    return set != null ? "--set" : "--direction";
  }

  void check() {
    if (set != null && !directions.isEmpty())
      throw new HspaceException("--set " + set + ": expected no --direction beside it");
    directions.forEach(DirectionSpec::refuseStrength);
  }

  /** Adds all of them to a list whose owner closes them, also when one fails. */
  void load(Model model, List<Direction> loaded) {
    for (DirectionSpec spec : directions) loaded.add(spec.resolve(model));
    if (set == null) return;
    try (DirectionSet all = DirectionSet.open(file(model), model)) {
      for (int k = 0; k < all.size(); k++) loaded.add(all.get(k));
    }
  }

  /** The strength that each direction's file suggests, in the order of {@link #load}. */
  List<OptionalDouble> suggestedStrengths(Model model) {
    if (set == null) return directions.stream().map(spec -> spec.suggestedStrength(model)).toList();
    try (DirectionSet all = DirectionSet.open(file(model), model)) {
      return IntStream.range(0, all.size()).mapToObj(all::suggestedStrength).toList();
    }
  }

  private Path file(Model model) {
    Path file = model.directory().resolve("directions").resolve(set + ".safetensors");
    if (!Files.isRegularFile(file)) {
      throw new HspaceException("--set " + set + ": expected the file " + file + ", found none");
    }
    return file;
  }

  /** The attributes that their names begin with. */
  static List<String> attributes(List<Direction> loaded, Classifier classifier) {
    return loaded.stream()
        .map(
            direction ->
                attribute(direction.name(), classifier)
                    .orElseThrow(
                        () ->
                            new HspaceException(
                                "direction "
                                    + direction.name()
                                    + ": expected a name that begins with one of the attributes "
                                    + String.join(", ", classifier.labels()))))
        .toList();
  }

  /**
   * The attribute that a direction's name begins with: {@code smile}, {@code smile-only}; the
   * longest one.
   */
  static Optional<String> attribute(String name, Classifier classifier) {
    return classifier.labels().stream()
        .filter(attribute -> name.equals(attribute) || name.startsWith(attribute + "-"))
        .max(Comparator.comparingInt(String::length));
  }
}
