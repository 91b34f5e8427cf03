package org.hspace.directions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.io.CsvTable;
import org.hspace.nativelib.FormatFile;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Provenance;

/**
 * N annotated samples: seeds and scores in memory, h on disk, read part by part; of all samples, or
 * of the extremes of each attribute, with what a regression needs of the others. Made by {@link
 * Annotator}.
 */
public final class Annotations {
  /** Statistics of all parts but a last one that is not full, and of that. */
  static final String FULL = "full";

  static final String TAIL = "tail";
  private static final String SEED = "seed";

  private final List<String> labels;
  private final long[] seeds; // (N)
  private final double[][] scores; // [N][A]
  private final List<AnnotationPart> parts;
  private final int[] firstOfPart; // row of each part's first sample
  private final Provenance provenance;
  private final boolean edited; // whether scores are others than the classifier's

  private Annotations(
      List<String> labels,
      long[] seeds,
      double[][] scores,
      List<AnnotationPart> parts,
      int[] firstOfPart,
      Provenance provenance,
      boolean edited) {
    this.labels = labels;
    this.seeds = seeds;
    this.scores = scores;
    this.parts = parts;
    this.firstOfPart = firstOfPart;
    this.provenance = provenance;
    this.edited = edited;
  }

  /** The folder of part files that belongs to a table. */
  static Path folder(Path table) {
    return table.resolveSibling(table.getFileName() + ".h");
  }

  /** The file of what was left out. */
  static Path statistics(Path folder) {
    return folder.resolve("statistics.safetensors");
  }

  static Path part(Path folder, int number) {
    return folder.resolve("part-%05d.safetensors".formatted(number));
  }

  /**
   * Opens a table and its folder of part files. Scores are the table's, so that they may be edited;
   * seeds must be those of the parts.
   *
   * @throws HspaceException when a file is missing, does not fit the table, or was made with
   *     another model
   */
  public static Annotations open(Path table, Model model) {
    CsvTable csv = CsvTable.read(table);
    List<CsvTable.Row> rows = csv.rows();
    if (rows.size() < 2) {
      throw new HspaceException(table + ": expected a header and at least one sample");
    }
    Path folder = folder(table);
    if (!Files.isDirectory(folder)) {
      throw new HspaceException(
          table + ": expected the folder " + folder + " with the samples' h beside it");
    }
    List<String> header = rows.get(0).cells();
    if (header.size() < 2 || !header.get(0).equals(SEED)) {
      throw csv.error(rows.get(0), "a header that begins with seed,");
    }
    Annotations stored = ofParts(folder, rows.size() - 1, model);
    List<String> labels = labels(header, stored);
    double[][] scores = new double[stored.size()][labels.size()];
    boolean edited = labels.size() != stored.labels.size();
    for (int i = 0; i < stored.size(); i++) {
      CsvTable.Row row = rows.get(i + 1);
      try {
        if (row.cells().size() != labels.size() + 1) throw new NumberFormatException();
        if (Long.parseLong(row.cells().get(0)) != stored.seeds[i]) {
          throw csv.error(row, "seed " + stored.seeds[i] + " as in " + folder);
        }
        for (int a = 0; a < labels.size(); a++) {
          scores[i][a] = csv.number(row.cells().get(a + 1));
          if (!Double.isFinite(scores[i][a])) throw new NumberFormatException();
          if (a < stored.labels.size() && (float) scores[i][a] == (float) stored.scores[i][a])
            scores[i][a] = stored.scores[i][a]; // of which the table has the shortest form
          else edited = true;
        }
      } catch (NumberFormatException e) {
        throw csv.error(row, "a seed and " + labels.size() + " numbers");
      }
    }
    return new Annotations(
        labels, stored.seeds, scores, stored.parts, stored.firstOfPart, stored.provenance, edited);
  }

  /** The header's; tables of earlier versions do not quote those of the samples. */
  private static List<String> labels(List<String> header, Annotations stored) {
    List<String> unquoted = new ArrayList<>(List.of(SEED));
    unquoted.addAll(stored.labels);
    String before = String.join(",", unquoted).replaceAll("\\s*,\\s*", ","); // as cells are read
    return String.join(",", header).equals(before)
        ? stored.labels
        : header.subList(1, header.size());
  }

  /** The first {@code samples} samples of a folder of parts. */
  static Annotations ofParts(Path folder, int samples, Model model) {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files =
          all.filter(f -> f.getFileName().toString().matches("part-\\d+\\.safetensors"))
              .sorted()
              .toList();
    } catch (IOException e) {
      throw new HspaceException(folder + ": cannot be listed: " + e.getMessage());
    }
    List<AnnotationPart> parts = new ArrayList<>();
    long[] seeds = new long[samples];
    double[][] scores = new double[samples][];
    int[] first = new int[files.size()];
    int row = 0;
    for (Path file : files) {
      if (row == samples) break;
      AnnotationPart part = AnnotationPart.read(file, model);
      if (!parts.isEmpty()) checkAlike(parts.get(0), part);
      first[parts.size()] = row;
      parts.add(part);
      for (int i = 0; i < part.size() && row < samples; i++, row++) {
        seeds[row] = part.seeds()[i];
        scores[row] = part.scores()[i];
      }
    }
    if (row < samples || samples == 0) {
      throw new HspaceException(
          folder + ": expected " + samples + " samples, at least one, found " + row);
    }
    return new Annotations(
        parts.get(0).labels(),
        seeds,
        scores,
        parts,
        Arrays.copyOf(first, parts.size()),
        parts.get(0).provenance(),
        false);
  }

  /** Parts of one table come from one run, or from runs with the same options. */
  private static void checkAlike(AnnotationPart first, AnnotationPart part) {
    boolean alike =
        part.labels().equals(first.labels()) && part.provenance().equals(first.provenance());
    if (!alike) {
      throw new HspaceException(
          part.file() + ": expected a part of the same run as " + first.file());
    }
  }

  /** Number of samples N. */
  public int size() {
    return seeds.length;
  }

  /** The attributes. */
  public List<String> labels() {
    return labels;
  }

  /** The seeds (N). */
  public long[] seeds() {
    return seeds.clone();
  }

  /**
   * All samples' scores of one attribute (N).
   *
   * @throws HspaceException naming the attributes that there are
   */
  public double[] scores(String label) {
    int column = labels.indexOf(label);
    if (column < 0) {
      throw new HspaceException(
          "attribute: expected one of " + String.join(", ", labels) + ", found '" + label + "'");
    }
    return Arrays.stream(scores).mapToDouble(row -> row[column]).toArray();
  }

  /** Model, schedule, h-space and classifier. */
  public Provenance provenance() {
    return provenance;
  }

  /** Where the parts lie. */
  public Path folder() {
    return parts.get(0).file().getParent();
  }

  /** Shape of one h {T, c, h, w}. */
  long[] shape() {
    return Arrays.copyOfRange(parts.get(0).hShape(), 1, 5);
  }

  /** Whether the h of all samples were kept. */
  public boolean whole() {
    return parts.stream().allMatch(AnnotationPart::whole);
  }

  /** Whether the h of all examples that a direction is made of were kept. */
  public boolean keeps(AttributeOptions options) {
    Set<Integer> kept = new HashSet<>();
    for (int i = 0; i < parts.size(); i++) {
      int first = firstOfPart[i];
      Arrays.stream(parts.get(i).kept()).forEach(row -> kept.add(first + row));
    }
    return Arrays.stream(AttributeDirections.extremes(this, options))
        .flatMapToInt(Arrays::stream)
        .allMatch(kept::contains);
  }

  /** Receives the h of one part. */
  @FunctionalInterface
  public interface PartConsumer {
    /**
     * @param first number of the first of these samples
     * @param h (n, T, c, h, w) in the stored type; freed when this returns
     */
    void accept(int first, Tensor h);
  }

  /**
   * Reads all h, part by part in the order of the samples.
   *
   * @throws HspaceException when only those of extremes were kept
   */
  public void forEachPart(PartConsumer consumer) {
    for (AnnotationPart part : parts) {
      if (!part.whole()) {
        throw new HspaceException(
            part.file().getParent()
                + ": expected the h of all samples, found those of extremes alone; hspace annotate --keep all keeps them");
      }
    }
    forEachKept(
        (rows, h) -> {
          if (rows.length > 0) consumer.accept(rows[0], h);
        });
  }

  /** Receives those h of one part that were kept. */
  @FunctionalInterface
  interface KeptConsumer {
    /**
     * @param rows numbers of these samples among all, ascending (n)
     * @param h (n, T, c, h, w) in the stored type; freed when this returns
     */
    void accept(int[] rows, Tensor h);
  }

  /** Reads the h that were kept, part by part in the order of the samples. */
  void forEachKept(KeptConsumer consumer) {
    for (int i = 0; i < parts.size(); i++) {
      int first = firstOfPart[i];
      int[] rows =
          Arrays.stream(parts.get(i).kept())
              .map(row -> first + row)
              .filter(row -> row < size())
              .toArray();
      if (rows.length == 0) continue;
      try (PointerScope scope = new PointerScope()) {
        consumer.accept(rows, parts.get(i).h().narrow(0, 0, rows.length));
      }
    }
  }

  /**
   * What a regression needs of the samples, when not all h were kept.
   *
   * @return to be closed by the caller
   * @throws HspaceException when the scores are not those that it was made of
   */
  ScoreStatistics statistics() {
    Path file = statistics(folder());
    if (edited) {
      throw new HspaceException(
          file.getParent()
              + ": expected the scores that the classifier gave, found others; a regression on them needs the h of all"
              + " samples, which hspace annotate --keep all keeps");
    }
    long dimension = Arrays.stream(shape()).reduce(1, (one, other) -> one * other);
    ScoreStatistics sum = new ScoreStatistics(labels.size(), dimension);
    try (FormatFile opened = FormatFile.open(file)) {
      for (String prefix : List.of(FULL, TAIL)) {
        try (ScoreStatistics part =
            ScoreStatistics.read(opened, prefix, labels.size(), dimension)) {
          sum.merge(part);
        }
      }
      if (sum.count() != size())
        throw opened.error("count", "the " + size() + " samples of the table", sum.count());
      return sum;
    } catch (RuntimeException e) {
      sum.close();
      throw e;
    }
  }

  /** The table as text: a header, then a line a sample. */
  String csv() {
    List<List<Object>> rows = new ArrayList<>();
    rows.add(new ArrayList<>(List.of(SEED)));
    rows.get(0).addAll(labels);
    for (int i = 0; i < seeds.length; i++) {
      List<Object> row = new ArrayList<>(List.of(seeds[i]));
      for (double score : scores[i]) row.add((float) score);
      rows.add(row);
    }
    return CsvTable.text(rows);
  }
}
