package org.hspace.nativelib;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/**
 * Loads the native libraries, in the one order that works: LibTorch first, which brings its OpenMP
 * and OpenBLAS, then ours, which is linked against it.
 */
public final class NativeLibrary {
  private static boolean loaded;

  private NativeLibrary() {}

  /** Loads the libraries, with a thread for each available core; does nothing the second time. */
  public static synchronized void load() {
    if (!loaded) {
      Loader.load(torch.class);
      Loader.load(HspaceNative.class);
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
   * @param threads at least 1
   */
  public static void setThreads(int threads) {
    if (threads < 1) {
      throw new HspaceException("threads: expected at least 1, found " + threads);
    }
    load();
    NativeCall.scoped(() -> HspaceNative.setThreads(threads));
  }

  /** How many threads one operator uses. */
  public static int threads() {
    load();
    return HspaceNative.threads();
  }
}
