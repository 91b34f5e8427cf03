package org.hspace.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.hspace.pipeline.Progress;

/**
 * Progress with rate and time left: repainted in place on a terminal, else a plain line every ten
 * seconds.
 */
final class ProgressLine implements Progress {
  private static final int BAR = 24;
  private static final long REPAINT_NANOS = 100_000_000L;
  private static final long PLAIN_NANOS = 10_000_000_000L;

  private final PrintWriter err;
  private final boolean terminal;
  private final String label;
  private final long begun = System.nanoTime();
  private long firstDone = -1;
  private long shown = System.nanoTime() - REPAINT_NANOS;
  private int width;

  ProgressLine(PrintWriter err, boolean terminal, String label) {
    this.err = err;
    this.terminal = terminal;
    this.label = label;
    if (!terminal) {
      shown = begun;
    }
  }

  @Override
  public void update(long done, long total, String unit) {
    if (firstDone < 0) {
      firstDone = done; // what a resumed run found done says nothing about the rate
    }
    long now = System.nanoTime();
    boolean last = done >= total;
    if (now - shown < (terminal ? REPAINT_NANOS : PLAIN_NANOS) && !(last && terminal)) {
      return;
    }
    shown = now;
    String text = text(done, total, unit, (now - begun) / 1e9);
    if (terminal) {
      String blanks = " ".repeat(Math.max(0, width - text.length()));
      err.print("\r" + text + blanks);
      width = text.length();
    } else {
      err.println(text);
    }
    err.flush();
  }

  @Override
  public void warn(String message) {
    end();
    err.println("hspace: warning: " + message);
    err.flush();
  }

  private String text(long done, long total, String unit, double seconds) {
    double share = total == 0 ? 1 : (double) done / total;
    double rate = seconds > 0 ? (done - Math.max(0, firstDone)) / seconds : 0;
    String left = rate > 0 ? clock((total - done) / rate) : "?";
    String bar = "";
    if (terminal) {
      int full = (int) Math.round(share * BAR);
      bar = " [" + "#".repeat(full) + "-".repeat(BAR - full) + "]";
    }
    return String.format(
        Locale.ROOT,
        "%s%s %3.0f %% (%d of %d %s), %.1f/s, %s",
        label,
        bar,
        100 * share,
        done,
        total,
        unit,
        rate,
        done >= total ? clock(seconds) + " in all" : left + " left");
  }

  /** Ends the line of a bar. */
  void end() {
    if (terminal && width > 0) {
      err.println();
      err.flush();
    }
  }

  /** {@code 0:07}, {@code 12:34} or {@code 1:02:03}. */
  static String clock(double seconds) {
    long whole = Math.round(seconds);
    return whole >= 3600
        ? String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
  }
}
