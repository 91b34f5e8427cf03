package org.hspace.directions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.hspace.HspaceException;
import org.hspace.image.ImageFile;
import org.hspace.io.CsvTable;
import org.hspace.io.PathText;

/**
 * Two pictures of one subject, with and without an attribute.
 *
 * @param name of the pair
 * @param positive the picture with the attribute
 * @param negative the picture without it
 */
public record ImagePair(String name, Path positive, Path negative) {
  private static final List<String> HEADER = List.of("positive", "negative");

  /**
   * Pairs the pictures of two folders by their file names without suffix.
   *
   * @throws HspaceException naming every file without a partner, or the folder that has no pictures
   */
  public static List<ImagePair> match(Path positives, Path negatives) {
    SortedMap<String, Path> with = pictures(positives);
    SortedMap<String, Path> without = pictures(negatives);
    List<String> alone = new ArrayList<>();
    with.forEach((name, file) -> addUnless(without.containsKey(name), alone, file));
    without.forEach((name, file) -> addUnless(with.containsKey(name), alone, file));
    if (!alone.isEmpty()) {
      throw new HspaceException(
          alone.size()
              + " pictures have no partner of the same name in the other folder: "
              + String.join(", ", alone));
    }
    return with.entrySet().stream()
        .map(e -> new ImagePair(e.getKey(), e.getValue(), without.get(e.getKey())))
        .toList();
  }

  private static void addUnless(boolean paired, List<String> alone, Path file) {
    if (!paired) alone.add(file.toString());
  }

  private static SortedMap<String, Path> pictures(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new HspaceException(
          folder
              + ": expected a folder of pictures, found "
              + (Files.exists(folder) ? "a file" : "nothing"));
    }
    SortedMap<String, Path> pictures = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (!ImageFile.isReadable(file)) continue;
        Path twin = pictures.put(name.substring(0, name.lastIndexOf('.')), file);
        if (twin != null)
          throw new HspaceException(
              twin + " and " + file + " have the same name; expected one picture a name");
      }
    } catch (IOException e) {
      throw new HspaceException(folder + ": cannot be listed: " + e.getMessage());
    }
    if (pictures.isEmpty())
      throw new HspaceException(
          folder + ": expected pictures (PNG, JPEG, TIFF, WebP, BMP), found none");
    return pictures;
  }

  /**
   * Reads pairs from a table with one pair a line, {@code positive,negative}, paths relative to the
   * table; a first line of exactly these words is a header.
   *
   * @throws HspaceException naming file and line of what is wrong
   */
  public static List<ImagePair> table(Path file) {
    CsvTable csv = CsvTable.read(file);
    List<ImagePair> pairs = new ArrayList<>();
    for (CsvTable.Row row : csv.rows()) {
      if (row == csv.rows().get(0) && row.cells().equals(HEADER)) continue;
      if (row.cells().size() != 2) throw csv.error(row, "positive,negative");
      Path[] both = new Path[2];
      for (int side = 0; side < 2; side++) {
        both[side] = picture(file, row, row.cells().get(side));
      }
      pairs.add(new ImagePair("line " + row.line(), both[0], both[1]));
    }
    if (pairs.isEmpty())
      throw new HspaceException(file + ": expected at least one pair, found none");
    return pairs;
  }

  private static Path picture(Path table, CsvTable.Row row, String name) {
    String line = table + ", line " + row.line() + ": ";
    Path path;
    try {
      path = table.toAbsolutePath().resolveSibling(PathText.parse(name));
    } catch (HspaceException e) {
      throw new HspaceException(line + e.getMessage(), e);
    }
    if (!Files.isRegularFile(path)) throw new HspaceException(line + "no such picture: " + name);
    return path;
  }
}
