package org.hspace.io;

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
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.nativelib.Tensors;
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

  private Process start() throws IOException {
    return new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-cp",
            System.getProperty("java.class.path"),
            Writing.class.getName(),
            folder.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private void assertBothBeingWritten() throws IOException {
    List<String> names = names();
    assertEquals(2, names.size(), names.toString());
    assertTrue(names.get(0).matches("a\\.txt\\.tmp-[0-9a-f]{16}"), names.toString());
    assertTrue(names.get(1).matches("t\\.safetensors\\.tmp-[0-9a-f]{16}"), names.toString());
  }

  /** Writes both files to their end, from this process. */
  private void writeBoth() {
    AtomicFile.write(folder.resolve("a.txt"), "whole");
    try (TensorFileWriter tensors = new TensorFileWriter(folder.resolve("t.safetensors"))) {
      tensors.declare("x", ScalarType.Double, 1);
      tensors.write("x", Tensors.of(new double[] {1}, 1));
      tensors.finish();
    }
  }

  @Test
  void aStoppedProcessLeavesNoHalfWrittenFiles() throws Exception {
    Process process = start();
    try (BufferedReader out = process.inputReader()) {
      assertEquals("writing", out.readLine());
      assertBothBeingWritten();
      process.destroy(); // SIGTERM
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      assertEquals(List.of(), names());
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aLivingProcessKeepsItsFilesAndAKilledOnesAreRemoved() throws Exception {
    Process process = start();
    try (BufferedReader out = process.inputReader()) {
      assertEquals("writing", out.readLine());
      writeBoth();
      assertEquals(4, names().size(), names().toString());
      process.destroyForcibly(); // SIGKILL
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      assertEquals(4, names().size(), names().toString());
      writeBoth();
      assertEquals(List.of("a.txt", "t.safetensors"), names());
    } finally {
      process.destroyForcibly();
    }
  }
}
