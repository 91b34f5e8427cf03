package org.hspace.evaluate;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.hspace.HspaceException;
import org.hspace.io.JsonFields;
import org.hspace.pipeline.Direction;

/**
 * What directions were measured to do to attributes, per unit of strength.
 *
 * @param attributes the columns (A)
 * @param directions the rows (K)
 * @param hashes sha256 of each direction's values (K), see {@link Direction#hash}
 * @param targets the attribute that each direction is meant to change (K)
 * @param slope effect of each direction on each attribute, in standard deviations of the attribute
 *     a unit of strength [K][A]
 */
public record MeasuredEffects(
    List<String> attributes,
    List<String> directions,
    List<String> hashes,
    List<String> targets,
    double[][] slope) {

  /**
   * Reads the table that {@code hspace evaluate --json} wrote.
   *
   * @throws HspaceException when the file is not such a table, naming what is wrong
   */
  public static MeasuredEffects open(Path file) {
    JsonFields table = JsonFields.read(file);
    for (String key :
        List.of("attributes", "directions", "hashes", "targets", "effect", "strengths")) {
      if (!table.has(key)) {
        throw table.error(key, "a table of hspace evaluate --json, which has it");
      }
    }
    List<String> attributes = table.texts("attributes");
    List<String> directions = table.texts("directions");
    List<String> hashes = table.texts("hashes");
    List<String> targets = table.texts("targets");
    double[][] slope = table.rows("effect");
    double[] strengths = table.numbers("strengths");
    int k = directions.size();
    boolean shapes =
        k > 0
            && hashes.size() == k
            && targets.size() == k
            && slope.length == k
            && strengths.length == k
            && Arrays.stream(slope).allMatch(row -> row.length == attributes.size())
            && attributes.containsAll(targets);
    if (!shapes || Arrays.stream(strengths).anyMatch(s -> s == 0)) {
      throw new HspaceException(
          file
              + ": expected a hash, a row of effects, a target and a strength other than 0 for each of the "
              + k
              + " directions");
    }
    for (int i = 0; i < k; i++) {
      for (int a = 0; a < slope[i].length; a++) slope[i][a] /= strengths[i];
    }
    return new MeasuredEffects(attributes, directions, hashes, targets, slope);
  }

  /** The row of a direction; an error when that name, or this direction of it, was not measured. */
  int row(Direction direction) {
    String hash = direction.hash();
    for (int k = 0; k < directions.size(); k++) {
      if (directions.get(k).equals(direction.name()) && hashes.get(k).equals(hash)) return k;
    }
    if (!directions.contains(direction.name())) {
      throw new HspaceException(
          "direction "
              + direction.name()
              + ": expected one of the measured "
              + String.join(", ", directions));
    }
    throw new HspaceException(
        "direction "
            + direction.name()
            + ": another one of this name was measured, with other values");
  }
}
