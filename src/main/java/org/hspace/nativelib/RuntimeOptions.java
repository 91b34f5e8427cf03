package org.hspace.nativelib;

import org.hspace.HspaceException;

/**
 * What {@link NativeRuntime#configure} sets for the whole process, everything in it that uses
 * LibTorch included.
 *
 * @param threads of one operator, 1 to 1024; 0 leaves what the process has
 * @param openBlasThreads of OpenBLAS's own pool, 1 to 1024, which competes with the operators'
 *     threads for the same cores: with more than 1 a small matrix product costs milliseconds; 0
 *     leaves what the process has
 */
public record RuntimeOptions(int threads, int openBlasThreads) {
  /**
   * Far more than any machine has cores; OpenMP ends the process when it cannot start its threads.
   */
  private static final int MOST_THREADS = 1024;

  /** Leaves everything as it is. */
  public static final RuntimeOptions HOST = new RuntimeOptions(0, 0);

  /** Checks the numbers. */
  public RuntimeOptions {
    check("threads", 0, threads);
    check("OpenBLAS threads", 0, openBlasThreads);
  }

  /** For a process of its own: a thread a core, one of OpenBLAS. */
  public static RuntimeOptions ownProcess() {
    int cores = Math.min(Runtime.getRuntime().availableProcessors(), MOST_THREADS);
    return new RuntimeOptions(cores, 1);
  }

  /**
   * The same with another number of threads of one operator.
   *
   * @param threads 1 to 1024
   */
  public RuntimeOptions withThreads(int threads) {
    check("threads", 1, threads);
    return new RuntimeOptions(threads, openBlasThreads);
  }

  private static void check(String name, int least, int threads) {
    if (threads < least || threads > MOST_THREADS) {
      throw new HspaceException(name + ": expected 1 to " + MOST_THREADS + ", found " + threads);
    }
  }
}
