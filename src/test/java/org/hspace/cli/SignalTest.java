package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.File;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program when a signal stops it in the middle of its work. */
class SignalTest {
  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130", "HUP, 129"})
  void theExitCodeNamesTheSignalAndNothingIsLeft(String signal, int code, @TempDir Path folder)
      throws Exception {
    assumeFalse(ignored(code - 128), signal + " is ignored by who started this");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "sample",
                "--seeds",
                "0-999",
                "--save",
                folder.resolve("trajectories.safetensors").toString())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .start();
    try (InputStream out = process.getInputStream()) {
      out.readNBytes("sampling".length()); // the first word of its progress
      kill(signal, process.pid());
      out.readAllBytes();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    } finally {
      process.destroyForcibly();
    }
    assertEquals(code, process.exitValue());
    assertArrayEquals(new String[0], folder.toFile().list());
  }

  /** Programs inherit it: of nohup, or of a shell's background. */
  private static boolean ignored(int number) throws Exception {
    String line =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(each -> each.startsWith("SigIgn:"))
            .findFirst()
            .orElseThrow();
    long mask = Long.parseUnsignedLong(line.substring(line.indexOf(':') + 1).strip(), 16);
    return (mask >> (number - 1) & 1) != 0;
  }

  private static void kill(String signal, long pid) throws Exception {
    List<String> command = List.of("kill", "-" + signal, Long.toString(pid));
    assertEquals(0, new ProcessBuilder(command).start().waitFor());
  }
}
