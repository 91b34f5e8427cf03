package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NativeLibraryTest {
  @BeforeAll
  static void load() {
    NativeLibrary.load();
  }

  @AfterEach
  void restoreThreads() {
    NativeLibrary.setThreads(Runtime.getRuntime().availableProcessors());
  }

  @Test
  void threadsAreThoseOfLibTorch() {
    NativeLibrary.setThreads(1);
    assertEquals(1, torch.get_num_threads());
    NativeLibrary.load(2);
    assertEquals(2, torch.get_num_threads());
    assertEquals(2, NativeLibrary.threads());
  }

  @Test
  void fewerThanOneThreadIsRefused() {
    HspaceException error =
        assertThrows(HspaceException.class, () -> NativeLibrary.setThreads(0));
    assertEquals("threads: expected at least 1, found 0", error.getMessage());
  }

  @Test
  void oneOpenMpRuntimeAndOneOpenBlasAreLoaded() throws IOException {
    List<String> libraries;
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      libraries =
          lines
              .map(line -> line.substring(line.lastIndexOf(' ') + 1))
              .filter(path -> path.startsWith("/"))
              .distinct()
              .toList();
    }
    assertEquals(1, count(libraries, "libgomp"), libraries::toString);
    assertEquals(1, count(libraries, "libopenblas"), libraries::toString);
    assertEquals(0, count(libraries, "libiomp"), libraries::toString);
    assertEquals(1, count(libraries, "libtorch_cpu"), libraries::toString);
    assertEquals(1, count(libraries, "libhspace"), libraries::toString);
  }

  /** Its own pool would compete with OpenMP's, and make a small product cost milliseconds. */
  @Test
  void openBlasKeepsToOneThread() {
    for (int threads = 1; threads <= 2; threads++) {
      NativeLibrary.setThreads(threads);
      assertEquals(1, openblas_nolapack.openblas_get_num_threads());
    }
  }

  private static long count(List<String> libraries, String name) {
    return libraries.stream()
        .map(path -> path.substring(path.lastIndexOf('/') + 1))
        .filter(file -> file.matches(name + "\\.so.*"))
        .count();
  }
}
