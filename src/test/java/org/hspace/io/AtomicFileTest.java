package org.hspace.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.hspace.HspaceException;
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

  @Test
  void aSymbolicLinkStaysAndWhatItPointsToIsReplaced() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("second"));
    Files.createSymbolicLink(folder.resolve("second"), Path.of("other/file.txt"));
    for (String text : List.of("not there before", "replaced")) {
      AtomicFile.checkWritable(link);
      AtomicFile.write(link, text);
      assertTrue(Files.isSymbolicLink(link));
      assertEquals(text, Files.readString(other.resolve("file.txt")));
    }
    assertEquals(List.of("link", "other", "second"), names());
    Files.delete(other.resolve("file.txt"));
    Files.delete(other);
    assertThrows(HspaceException.class, () -> AtomicFile.checkWritable(link));
  }

  @Test
  void aPipeGetsTheBytesAndStaysAPipe() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    CompletableFuture<String> reader =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Files.readString(pipe);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    AtomicFile.checkWritable(pipe);
    AtomicFile.write(pipe, "through");
    assertEquals("through", reader.get(1, TimeUnit.MINUTES));
    assertTrue(Files.readAttributes(pipe, BasicFileAttributes.class).isOther());
    assertEquals(List.of("pipe"), names());
  }

  @Test
  void aDeviceStaysADevice() throws IOException {
    AtomicFile.checkWritable(Path.of("/dev/null"));
    AtomicFile.write(Path.of("/dev/null"), "nothing");
    assertTrue(Files.readAttributes(Path.of("/dev/null"), BasicFileAttributes.class).isOther());
    HspaceException full =
        assertThrows(
            HspaceException.class, () -> AtomicFile.write(Path.of("/dev/full"), "nothing"));
    assertTrue(full.getMessage().contains("/dev/full"), full.getMessage());
  }

  @Test
  void whatAKilledProcessLeftIsRemovedAndNothingElse() throws IOException {
    Path file = folder.resolve("a.txt");
    Files.writeString(folder.resolve("a.txt.tmp-0123456789abcdef"), "left");
    List<String> others =
        List.of(
            "a.txt.tmp-0123456789abcdeg",
            "a.txt.tmp-0123",
            "b.txt.tmp-0123456789abcdef",
            "a.txt.tmp-0123456789abcdef.txt");
    for (String name : others) Files.writeString(folder.resolve(name), "not ours");
    AtomicFile.write(file, "new");
    List<String> expected = new ArrayList<>(others);
    expected.add("a.txt");
    assertEquals(expected.stream().sorted().toList(), names());
  }

  @Test
  void twoWritersOfOneFileDoNotDisturbEachOther() throws IOException {
    Path file = folder.resolve("a.txt");
    AtomicFile.write(
        file,
        out -> {
          out.write("outer".getBytes(StandardCharsets.UTF_8));
          AtomicFile.write(file, "inner");
        });
    assertEquals("outer", Files.readString(file));
    assertEquals(List.of("a.txt"), names());
  }
}
