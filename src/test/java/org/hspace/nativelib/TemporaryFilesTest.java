package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.io.AtomicFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFilesTest {
  @TempDir Path folder;

  /** A program that waits for ever in the middle of writing two files. */
  static final class Writing {
    public static void main(String[] arguments) {
      Path folder = Path.of(arguments[0]);
      TensorFileWriter tensors = new TensorFileWriter(folder.resolve("t.safetensors"));
      tensors.declare("x", ScalarType.Double, 2);
      tensors.write("x", Tensors.of(new double[] {1}, 1));
      AtomicFile.write(
          folder.resolve("a.txt"),
          out -> {
            System.out.println("writing");
            while (true) LockSupport.park();
          });
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aStoppedProcessLeavesNoHalfWrittenFiles() throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                Writing.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = process.inputReader()) {
      assertEquals("writing", out.readLine());
      String suffix = ".tmp-" + process.pid();
      assertEquals(List.of("a.txt" + suffix, "t.safetensors" + suffix), names());
      process.destroy(); // SIGTERM
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      assertEquals(List.of(), names());
    } finally {
      process.destroyForcibly();
    }
  }
}
