package org.hspace.spark;

import java.io.PrintWriter;

/**
 * {@code pca}, {@code annotate} and {@code evaluate} of the command line with their samples drawn
 * by the executors of a Spark application, run by {@code spark-submit}: the same options, and some
 * of the cluster's; the same files.
 */
public final class Main {
  private Main() {}

  /** Runs the driver; the process ends with the exit code of the command line unless that is 0. */
  public static void main(String[] arguments) {
    Engine.unboundTensors();
    int code =
        org.hspace.cli.Main.guarded(
            () ->
                run(
                    new PrintWriter(System.out, true),
                    new PrintWriter(System.err, true),
                    arguments));
    // Of a driver inside the cluster Spark takes any exit, even of code 0, as a failure.
    if (code != 0) System.exit(code);
  }

  /**
   * Runs a command in this process, in its Spark application or, where there is none, a new one.
   */
  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    ClusterOptions options = new ClusterOptions();
    try (Cluster cluster = new Cluster(options)) {
      return org.hspace.cli.Main.execute(
          new SparkPlace(cluster), options, "hspace-spark", out, err, arguments);
    }
  }
}
