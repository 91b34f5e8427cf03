package org.hspace.directions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.hspace.io.PathText;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.trajectory.Provenance;

/**
 * A direction as the user names it: {@code FILE:WHICH[=STRENGTH]} or {@code NAME[=STRENGTH]}.
 *
 * <p>WHICH is a number counted from 0 or a name in the file. A bare NAME is looked up in the files
 * of the model's {@code directions/} folder; a bare file that holds a single direction needs no
 * WHICH.
 *
 * @param text the whole as given, for messages
 * @param file the file, or null for a bare name
 * @param which number or name; empty for the only direction of a file
 * @param strength γ, when given
 */
public record DirectionSpec(String text, Path file, String which, OptionalDouble strength) {

  private static final String SUFFIX = ".safetensors";

  /**
   * Reads the text form.
   *
   * @throws HspaceException when the strength is no number or nothing is named
   */
  public static DirectionSpec parse(String text) {
    String rest = text;
    OptionalDouble strength = OptionalDouble.empty();
    int equals = text.lastIndexOf('=');
    // One in front of the last colon, or of the file's suffix, belongs to the file's name.
    boolean inName = text.indexOf(':', Math.max(0, equals)) > 0 || text.endsWith(SUFFIX);
    if (equals >= 0 && !inName) {
      rest = text.substring(0, equals);
      strength = OptionalDouble.of(number(text, text.substring(equals + 1)));
    }
    if (rest.isEmpty()) {
      throw new HspaceException(
          "direction: expected FILE:WHICH[=STRENGTH] or NAME[=STRENGTH], found '" + text + "'");
    }
    int colon = rest.lastIndexOf(':');
    if (colon > 0) {
      return new DirectionSpec(
          text, PathText.parse(rest.substring(0, colon)), rest.substring(colon + 1), strength);
    }
    if (rest.endsWith(SUFFIX)) return new DirectionSpec(text, PathText.parse(rest), "", strength);
    return new DirectionSpec(text, null, rest, strength);
  }

  private static double number(String text, String strength) {
    try {
      double value = Double.parseDouble(strength);
      if (Double.isFinite(value)) return value;
    } catch (NumberFormatException e) {
      // said below
    }
    throw new HspaceException(
        "direction " + text + ": expected a number after '=', found '" + strength + "'");
  }

  /**
   * For uses that know no strength.
   *
   * @throws HspaceException when one was given
   */
  public void refuseStrength() {
    if (strength.isPresent())
      throw new HspaceException("direction " + text + ": expected no strength here");
  }

  /**
   * Loads the direction, to be closed by the caller.
   *
   * @throws HspaceException when file or direction do not exist, or it was made with another model
   */
  public Direction resolve(Model model) {
    return inSet(model, this::pick);
  }

  /** Where the direction comes from. */
  public Provenance provenance(Model model) {
    return inSet(model, DirectionSet::provenance);
  }

  /** Looks into the file that holds the direction. */
  private <T> T inSet(Model model, Function<DirectionSet, T> look) {
    if (file == null) return inModel(model, look);
    try (DirectionSet set = DirectionSet.open(file, model)) {
      return look.apply(set);
    } catch (HspaceException e) {
      throw e.getMessage().startsWith("direction")
          ? new HspaceException(text + ": " + e.getMessage(), e)
          : e;
    }
  }

  private Direction pick(DirectionSet set) {
    if (which.isEmpty()) {
      if (set.size() == 1) return set.get(0);
      throw new HspaceException(
          "direction: the file holds "
              + set.size()
              + "; expected FILE:WHICH with one of "
              + String.join(", ", set.names()));
    }
    if (set.names().contains(which) || !which.matches("\\d{1,9}")) return set.get(which);
    return set.get(Integer.parseInt(which));
  }

  private <T> T inModel(Model model, Function<DirectionSet, T> look) {
    Path folder = model.directory().resolve("directions");
    TreeSet<String> known = new TreeSet<>();
    for (Path candidate : files(folder)) {
      try (DirectionSet set = DirectionSet.open(candidate, model)) {
        if (set.names().contains(which)) return look.apply(set);
        known.addAll(set.names());
      }
    }
    throw new HspaceException(
        known.isEmpty()
            ? "direction "
                + text
                + ": expected FILE:WHICH, because "
                + folder
                + " holds no directions by name"
            : "direction "
                + text
                + ": expected one of "
                + String.join(", ", known)
                + " (in "
                + folder
                + "), or FILE:WHICH");
  }

  private static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) return List.of();
    try (Stream<Path> all = Files.list(folder)) {
      return new ArrayList<>(all.filter(f -> f.toString().endsWith(SUFFIX)).sorted().toList());
    } catch (IOException e) {
      throw new HspaceException(folder + ": cannot be listed: " + e.getMessage());
    }
  }
}
