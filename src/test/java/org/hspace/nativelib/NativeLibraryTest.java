package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
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
  void noThreadsAndTooManyAreRefused() {
    for (int threads : new int[] {0, 100_000}) {
      HspaceException error =
          assertThrows(HspaceException.class, () -> NativeLibrary.setThreads(threads));
      assertEquals("threads: expected 1 to 1024, found " + threads, error.getMessage());
    }
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

  /**
   * Its own pool would compete with OpenMP's, and make a small product cost milliseconds. With two
   * threads at work, the process would use twice the time of this thread.
   */
  @Test
  void openBlasKeepsToOneThread() {
    NativeLibrary.setThreads(1);
    double ratio = Double.POSITIVE_INFINITY;
    // The least of several: compiler and collector threads of the JVM add to a single one.
    for (int attempt = 0; attempt < 5 && ratio > 1.3; attempt++) {
      long process = processNanos();
      long thread = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      try (PointerScope scope = new PointerScope()) {
        Tensor a = torch.ones(new long[] {1024, 1024}, Tensors.options(ScalarType.Double));
        for (int i = 0; i < 5; i++) {
          a.matmul(a);
        }
      }
      thread = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - thread;
      ratio = Math.min(ratio, (double) (processNanos() - process) / thread);
    }
    assertTrue(ratio <= 1.3, "processor time of the process by that of its one thread: " + ratio);
  }

  private static long processNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static long count(List<String> libraries, String name) {
    return libraries.stream()
        .map(path -> path.substring(path.lastIndexOf('/') + 1))
        .filter(file -> file.matches(name + "\\.so.*"))
        .count();
  }
}
