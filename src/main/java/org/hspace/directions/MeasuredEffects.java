package org.hspace.directions;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.hspace.io.TextFile;
import org.hspace.nativelib.HspaceException;

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

  /** The figures of {@code hspace evaluate --json} that count here. */
  private record Table(
      List<String> attributes,
      List<String> directions,
      List<String> hashes,
      List<String> targets,
      double[][] effect,
      double[] strengths) {}

  /**
   * Reads the table that {@code hspace evaluate --json} wrote.
   *
   * @throws HspaceException when the file is not such a table
   */
  public static MeasuredEffects open(Path file) {
    Table table;
    try {
      table = new Gson().fromJson(TextFile.read(file), Table.class);
    } catch (JsonParseException | IllegalArgumentException e) {
      throw new HspaceException(file + ": not a table of hspace evaluate --json");
    }
    check(file, table);
    double[][] slope = new double[table.effect.length][];
    for (int k = 0; k < slope.length; k++) {
      double strength = table.strengths[k];
      slope[k] = Arrays.stream(table.effect[k]).map(effect -> effect / strength).toArray();
    }
    return new MeasuredEffects(
        table.attributes, table.directions, table.hashes, table.targets, slope);
  }

  private static void check(Path file, Table table) {
    if (table == null
        || table.attributes == null
        || table.directions == null
        || table.hashes == null
        || table.hashes.contains(null)
        || table.targets == null
        || table.effect == null
        || table.strengths == null) {
      throw new HspaceException(
          file
              + ": expected a table of hspace evaluate --json, with attributes, directions, hashes,"
              + " targets, effect and strengths");
    }
    int k = table.directions.size();
    boolean shapes =
        table.hashes.size() == k
            && table.targets.size() == k
            && table.effect.length == k
            && table.strengths.length == k
            && Arrays.stream(table.effect)
                .allMatch(row -> row != null && row.length == table.attributes.size())
            && table.attributes.containsAll(table.targets);
    boolean strong = Arrays.stream(table.strengths).allMatch(s -> s != 0 && Double.isFinite(s));
    if (!shapes || !strong) {
      throw new HspaceException(
          file
              + ": expected a hash, a row of effects, a target and a strength other than 0 for each of the "
              + k
              + " directions");
    }
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
