package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NativeLibraryTest {
  @BeforeAll
  static void load() {
    NativeLibrary.load();
  }

  @Test
  void oneOpenMpRuntimeAndOneOpenBlasAreLoaded() throws IOException {
    List<String> libraries;
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      libraries =
          lines
              .filter(line -> line.contains("/"))
              .map(line -> line.substring(line.indexOf('/'))) // which may have blanks
              .distinct()
              .toList();
    }
    assertEquals(1, count(libraries, "libgomp"), libraries::toString);
    assertEquals(1, count(libraries, "libopenblas(_nolapack)?"), libraries::toString);
    assertEquals(0, count(libraries, "libiomp"), libraries::toString);
    assertEquals(1, count(libraries, "libtorch_cpu"), libraries::toString);
    assertEquals(1, count(libraries, "libhspace"), libraries::toString);
  }

  private static long count(List<String> libraries, String name) {
    return libraries.stream()
        .map(path -> path.substring(path.lastIndexOf('/') + 1))
        .filter(file -> file.matches(name + "\\.so.*"))
        .count();
  }
}
