package org.hspace.spark;

import org.hspace.HspaceException;
import picocli.CommandLine.Option;

/** Options that the commands have on a cluster beside their own. */
final class ClusterOptions {
  private static final int MOST = 1_000_000;

  @Option(
      names = "--range",
      paramLabel = "N",
      defaultValue = "64",
      order = 100,
      description =
          "Seeds of one task, which is what a lost executor costs; the last bits of a result depend on it"
              + " (default: ${DEFAULT-VALUE}).")
  private int range;

  @Option(
      names = "--wave",
      paramLabel = "N",
      defaultValue = "64",
      order = 101,
      description =
          "Tasks between two saves of the progress, several times the cores of all executors; what a lost driver costs"
              + " (default: ${DEFAULT-VALUE}).")
  private int wave;

  @Option(
      names = "--executor-model",
      paramLabel = "DIR",
      order = 102,
      description =
          "Where executors find the model: absolute, or below the folder that they run in, as --archives puts it there"
              + " (default: where the driver finds it).")
  private String executorModel;

  @Option(
      names = "--parquet",
      paramLabel = "URI",
      order = 103,
      description =
          "annotate: also write scores and provenance as Parquet, to any file system that Spark knows; nothing may be there yet.")
  private String parquet;

  @Option(
      names = "--copy-h",
      paramLabel = "URI",
      order = 104,
      description =
          "annotate: also copy the folder of h there, to any file system that Spark knows; what is there must not be.")
  private String copy;

  void check() {
    if (range < 1 || range > MOST)
      throw new HspaceException("--range: expected 1 to " + MOST + ", found " + range);
    if (wave < 1 || wave > MOST)
      throw new HspaceException("--wave: expected 1 to " + MOST + ", found " + wave);
  }

  /** For commands that score no table of samples. */
  void refuseCopies() {
    if (parquet != null) throw new HspaceException("--parquet: expected with annotate alone");
    if (copy != null) throw new HspaceException("--copy-h: expected with annotate alone");
  }

  int range() {
    return range;
  }

  int wave() {
    return wave;
  }

  /** Null for where the driver finds it. */
  String executorModel() {
    return executorModel;
  }

  /** Null for none. */
  String parquet() {
    return parquet;
  }

  /** Null for none. */
  String copy() {
    return copy;
  }
}
