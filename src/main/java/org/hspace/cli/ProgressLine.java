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

  /** A bar of less says nothing. */
  private static final int SHORTEST_BAR = 5;

  private static final long REPAINT_NANOS = 100_000_000L;
  private static final long PLAIN_NANOS = 10_000_000_000L;

  private final PrintWriter err;
  private final int columns; // of the terminal; 0 for none
  private final boolean terminal;
  private final String label;
  private final long images; // whose steps are counted; 0 for what is counted otherwise
  private final long begun = System.nanoTime();
  private long firstDone = -1;
  private long shown = System.nanoTime() - REPAINT_NANOS;
  private int width;

  /**
   * Progress of one stage of the work.
   *
   * @param columns of the terminal; 0 where there is none
   * @param images that the work is about, told instead of their steps; 0 to tell what is counted
   */
  ProgressLine(PrintWriter err, int columns, String label, long images) {
    this.err = err;
    this.columns = columns;
    this.terminal = columns > 0;
    this.label = label;
    this.images = images;
    if (!terminal) {
      shown = begun;
    }
  }

  @Override
  public void update(long done, long total, String unit) {
    if (images > 0 && total > 0) {
      show((long) ((double) done / total * images), images, "images");
    } else {
      show(done, total, unit);
    }
  }

  private void show(long done, long total, String unit) {
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
    String tail =
        String.format(
            Locale.ROOT,
            " %3.0f %% (%d of %d %s), %.1f/s, %s",
            100 * share,
            done,
            total,
            unit,
            rate,
            done >= total ? clock(seconds) + " in all" : left + " left");
    if (!terminal) return label + tail;
    // The last column stays free: some terminals begin a new line when it is filled.
    int room = columns - 1 - label.length() - tail.length() - " []".length();
    String text = label + (room < SHORTEST_BAR ? "" : bar(share, Math.min(BAR, room))) + tail;
    return text.substring(0, Math.min(text.length(), Math.max(0, columns - 1)));
  }

  private static String bar(double share, int length) {
    int full = (int) Math.round(share * length);
    return " [" + "#".repeat(full) + "-".repeat(length - full) + "]";
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
