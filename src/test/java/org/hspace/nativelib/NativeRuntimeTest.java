package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NativeRuntimeTest {
  @AfterEach
  void restore() {
    NativeRuntime.configure(
        RuntimeOptions.HOST.withThreads(Runtime.getRuntime().availableProcessors()));
  }

  @Test
  void threadsAreThoseOfLibTorch() {
    for (int threads : new int[] {1, 2}) {
      NativeRuntime.configure(RuntimeOptions.HOST.withThreads(threads));
      assertEquals(threads, torch.get_num_threads());
      assertEquals(threads, NativeRuntime.threads());
    }
    NativeRuntime.configure(RuntimeOptions.HOST);
    assertEquals(2, NativeRuntime.threads());
  }

  @Test
  void tooFewAndTooManyThreadsAreRefused() {
    for (int threads : new int[] {0, -1, 100_000}) {
      HspaceException error =
          assertThrows(
              HspaceException.class, () -> RuntimeOptions.ownProcess().withThreads(threads));
      assertEquals("threads: expected 1 to 1024, found " + threads, error.getMessage());
    }
    assertThrows(HspaceException.class, () -> new RuntimeOptions(0, -1));
  }

  /**
   * Its own pool would compete with OpenMP's, and make a small product cost milliseconds. With two
   * threads at work, the process would use twice the time of this thread.
   */
  @Test
  void openBlasKeepsToOneThread() {
    NativeRuntime.configure(new RuntimeOptions(1, 1));
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
}
