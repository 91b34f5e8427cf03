package org.hspace.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.hspace.nativelib.HspaceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void replacesAFileAndLeavesNothingElse() throws IOException {
    Path file = folder.resolve("a.txt");
    AtomicFile.write(file, "one");
    AtomicFile.write(file, "two ε");
    assertEquals("two ε", Files.readString(file));
    assertEquals(List.of("a.txt"), names());
  }

  @Test
  void aFailedWriteKeepsTheOldFileAndNamesTheReason() throws IOException {
    Path file = folder.resolve("a.txt");
    AtomicFile.write(file, "old");
    HspaceException error =
        assertThrows(
            HspaceException.class,
            () ->
                AtomicFile.write(
                    file,
                    out -> {
                      out.write(new byte[1 << 17]);
                      throw new IOException(
                          "I/O error", new IOException("No space left on device"));
                    }));
    assertEquals("cannot write " + file + ": No space left on device", error.getMessage());
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("a.txt"), names());
  }

  @Test
  void anUnexpectedExceptionLeavesNothingPartial() throws IOException {
    Path file = folder.resolve("a.txt");
    assertThrows(
        IllegalStateException.class,
        () ->
            AtomicFile.write(
                file,
                out -> {
                  out.write(1);
                  throw new IllegalStateException("bug");
                }));
    assertEquals(List.of(), names());
  }

  @Test
  void saysBeforehandWhatStandsInTheWay() throws IOException {
    AtomicFile.checkWritable(folder.resolve("fine.png"));
    Path missing = folder.resolve("no/such/a.png");
    String first =
        assertThrows(HspaceException.class, () -> AtomicFile.checkWritable(missing)).getMessage();
    assertTrue(first.contains(missing.toString()) && first.contains("does not exist"), first);
    String second =
        assertThrows(HspaceException.class, () -> AtomicFile.checkWritable(folder)).getMessage();
    assertTrue(second.endsWith("it is a directory"), second);
    assertEquals(List.of(), names());
  }
}
