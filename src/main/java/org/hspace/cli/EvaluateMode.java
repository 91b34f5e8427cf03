package org.hspace.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import org.hspace.app.Workplace;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Model;

/** One of the measurements of {@code hspace evaluate}, with the options that it alone reads. */
interface EvaluateMode {
  /** The option that names the classifier. */
  String CLASSIFIER = "--classifier";

  /**
   * What a measurement works with.
   *
   * @param classifier null for a mode that scores nothing
   * @param place where samples are made
   * @param out where figures are printed
   * @param made what pictures say of how they were made
   */
  record Context(
      Model model,
      Classifier classifier,
      EvaluateOptions options,
      EvaluateDirections directions,
      Workplace place,
      Console console,
      PrintWriter out,
      Map<String, String> made) {}

  /** Whether the user asked for it. */
  boolean chosen();

  /** What the user asks for it by, for messages. */
  String option();

  /**
   * Options of {@link EvaluateOptions} and of its own that it does not read; {@link #CLASSIFIER}
   * where it scores nothing.
   */
  List<String> unread();

  /** Those of its own options that find a strength, which the user may name instead. */
  default List<String> insteadOfStrength() {
    return List.of();
  }

  /**
   * Checks its options before the work.
   *
   * @throws org.hspace.HspaceException naming the option
   */
  default void check() {}

  /** Measures, prints the figures and writes the files asked for. */
  void run(Context context);
}
