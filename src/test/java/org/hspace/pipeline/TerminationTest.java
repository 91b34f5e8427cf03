package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program that is told to end while its threads are in network passes. */
class TerminationTest {
  private static final int RUNS = 8;
  private static final int SIGTERM = 143; // exit code: 128 + 15
  private static final int BATCH = 32; // passes that are longer than the JVM waits for threads

  @Test
  void aTerminatedProgramEndsQuietlyAndRunsItsOwnHooks(@TempDir Path folder) throws Exception {
    List<String> ends = new ArrayList<>();
    for (int run = 0; run < RUNS; run++) {
      Process process = start(folder);
      try (BufferedReader out = process.inputReader()) {
        assertEquals("computing", out.readLine());
        Thread.sleep(100 + 77 * run); // somewhere in a pass
        process.toHandle().destroy(); // SIGTERM
        List<String> said = out.lines().toList();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        ends.add(process.exitValue() + " " + said + " " + List.of(folder.toFile().list()));
      } finally {
        process.destroyForcibly();
      }
    }
    assertEquals(Collections.nCopies(RUNS, SIGTERM + " [the program's hook] []"), ends);
  }

  /** In a folder of its own, where the JVM would report a crash. */
  private static Process start(Path folder) throws Exception {
    String classPath =
        String.join(
            File.pathSeparator,
            List.of(System.getProperty("java.class.path").split(File.pathSeparator)).stream()
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .toList());
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            classPath,
            TerminationTest.class.getName(),
            Path.of("models/avatars-64").toAbsolutePath().toString())
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .start();
  }

  /** The other JVM's program: two threads that decode until the process ends. */
  public static void main(String[] arguments) throws Exception {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> System.out.println("the program's hook")));
    Model model = Model.open(Path.of(arguments[0]), ModelOptions.DEFAULT);
    Tensor x = Tensors.zeros(ScalarType.Float, BATCH, 3, 64, 64);
    Bottleneck bottleneck = model.unet().encode(x, Tensors.of(500L), HSpace.AFTER);
    model.unet().decode(bottleneck, null);
    System.out.println("computing");
    for (int thread = 0; thread < 2; thread++) {
      new Thread(
              () -> {
                while (true) {
                  try (PointerScope scope = new PointerScope()) {
                    model.unet().decode(bottleneck, null);
                  }
                }
              })
          .start();
    }
  }
}
