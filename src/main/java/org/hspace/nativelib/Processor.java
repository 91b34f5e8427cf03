package org.hspace.nativelib;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.hspace.HspaceException;

/**
 * What the native library needs of the processor; without it the process would die of SIGILL. Where
 * the system does not list the processor's features nothing is refused.
 */
final class Processor {
  /** x86-64-v3, as {@code HSPACE_ARCH} of the native build, in the names of Linux. */
  private static final List<String> NEEDED =
      List.of("avx2", "fma", "bmi1", "bmi2", "f16c", "abm", "movbe");

  private static final Path FEATURES = Path.of("/proc/cpuinfo");

  private Processor() {}

  /**
   * Checks this machine's processor.
   *
   * @throws HspaceException naming what it lacks
   */
  static void check() {
    if (!System.getProperty("os.arch", "").equals("amd64")) return;
    String text;
    try {
      text = Files.readString(FEATURES, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return;
    }
    check(text);
  }

  /** {@link #check()} for the text of a {@code /proc/cpuinfo}. */
  static void check(String cpuinfo) {
    String flags =
        cpuinfo.lines().filter(line -> line.matches("flags\\s*:.*")).findFirst().orElse(null);
    if (flags == null) return;
    List<String> missing = new ArrayList<>(NEEDED);
    missing.removeAll(Set.of(flags.substring(flags.indexOf(':') + 1).trim().split("\\s+")));
    if (!missing.isEmpty()) {
      throw new HspaceException(
          "this processor lacks "
              + String.join(", ", missing)
              + "; needed is x86-64-v3: Intel Haswell (2013), AMD Excavator (2015) or newer");
    }
  }
}
