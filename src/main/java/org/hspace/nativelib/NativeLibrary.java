package org.hspace.nativelib;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/**
 * Loads the native libraries, in the one order that works: LibTorch first, which brings its OpenMP
 * and OpenBLAS, then ours, which is linked against it.
 */
public final class NativeLibrary {
  /**
   * Far more than any machine has cores; OpenMP ends the process when it cannot start its threads.
   */
  private static final int MOST_THREADS = 1024;

  private static volatile boolean loaded;

  private NativeLibrary() {}

  /** Loads the libraries, with a thread for each available core; does nothing the second time. */
  public static synchronized void load() {
    if (!loaded) {
      Loader.load(torch.class);
      Loader.load(HspaceNative.class);
      HspaceNative.keepFreedMemory();
      TemporaryFiles.watch();
      loaded = true;
      setThreads(Runtime.getRuntime().availableProcessors());
    }
  }

  /**
   * Loads the libraries and sets the number of threads.
   *
   * @param threads as in {@link #setThreads}
   */
  public static synchronized void load(int threads) {
    load();
    setThreads(threads);
  }

  /**
   * Sets how many threads one operator uses, for the whole process. OpenBLAS is always held to one:
   * its own pool would compete with OpenMP's for the same cores.
   *
   * @param threads 1 to 1024
   */
  public static void setThreads(int threads) {
    if (threads < 1 || threads > MOST_THREADS) {
      throw new HspaceException("threads: expected 1 to " + MOST_THREADS + ", found " + threads);
    }
    load();
    NativeCall.scoped(() -> HspaceNative.setThreads(threads));
  }

  /**
   * Ends a process that was told to stop while it computes: removes its temporary files, and leaves
   * without the destructors that would pull native objects from under the computing thread. Does
   * nothing before the libraries are loaded, when there is no such thread.
   */
  public static void leave(int code) {
    if (!loaded) return;
    TemporaryFiles.removeAll();
    HspaceNative.leave(code);
  }

  /** How many threads one operator uses. */
  public static int threads() {
    load();
    return HspaceNative.threads();
  }
}
