package org.hspace.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Peak resident memory of this process, as Linux counts it. */
final class PeakMemory {
  private PeakMemory() {}

  /** Starts a new count, where the system allows it. */
  static void reset() {
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    } catch (IOException e) {
      // the count then goes back to the start of the process
    }
  }

  /** The peak since {@link #reset}, in MB; NaN where the system does not tell. */
  static double megabytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", "")) / 1000.0;
      }
    } catch (IOException e) {
      // no /proc
    }
    return Double.NaN;
  }
}
