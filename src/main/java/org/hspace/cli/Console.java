package org.hspace.cli;

import java.io.PrintWriter;
import org.hspace.pipeline.Progress;

/** Messages and progress on standard error. */
final class Console {
  private final PrintWriter err;
  private final boolean quiet;
  private final boolean terminal;
  private ProgressLine current;

  Console(PrintWriter err, boolean quiet) {
    this.err = err;
    this.quiet = quiet;
    // The launcher knows whether standard error is a terminal; Java only knows about input and
    // output.
    String told = System.getProperty("hspace.terminal");
    this.terminal = told == null ? System.console() != null : Boolean.parseBoolean(told);
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
    endLine();
    if (quiet) {
      return Progress.NONE;
    }
    current = new ProgressLine(err, terminal, label);
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
