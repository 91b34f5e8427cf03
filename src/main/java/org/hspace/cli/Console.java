package org.hspace.cli;

import java.io.PrintWriter;
import org.hspace.pipeline.Progress;

/** Messages and progress on standard error. */
final class Console {
  private static final int COLUMNS = 80;

  private final PrintWriter err;
  private final boolean quiet;
  private final int columns; // of the terminal; 0 where standard error is none
  private ProgressLine current;

  Console(PrintWriter err, boolean quiet) {
    this.err = err;
    this.quiet = quiet;
    // The launcher knows whether standard error is a terminal; Java only knows about input and
    // output.
    String told = System.getProperty("hspace.terminal");
    boolean terminal = told == null ? System.console() != null : Boolean.parseBoolean(told);
    int wide = Integer.getInteger("hspace.columns", 0);
    this.columns = !terminal ? 0 : wide > 0 ? wide : COLUMNS;
  }

  /** Says something, unless quiet. */
  void say(String message) {
    endLine();
    if (!quiet) {
      err.println(message);
      err.flush();
    }
  }

  /** Says something that must be heard, even when quiet. */
  void warn(String message) {
    endLine();
    err.println("hspace: warning: " + message);
    err.flush();
  }

  /** Progress of the next stage of the work: a bar on a terminal, a line now and then elsewhere. */
  Progress progress(String label) {
    return progress(label, 0);
  }

  /**
   * The same of work on images, which are told instead of their steps.
   *
   * @param images how many
   */
  Progress progress(String label, long images) {
    endLine();
    if (quiet) {
      return Progress.NONE;
    }
    current = new ProgressLine(err, columns, label, images);
    return current;
  }

  /** Ends a progress bar, so that the next message begins a line. */
  void endLine() {
    if (current != null) {
      current.end();
      current = null;
    }
  }
}
