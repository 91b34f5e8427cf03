package org.hspace.nativelib;

/**
 * The settings of LibTorch that a whole process shares. Loading the native libraries changes none
 * of them, and no other class of this library does: that is for the program to decide.
 */
public final class NativeRuntime {
  private NativeRuntime() {}

  /**
   * Loads the native libraries and sets what the options name; to be called before threads work.
   */
  public static void configure(RuntimeOptions options) {
    NativeLibrary.load();
    NativeCall.scoped(
        () ->
            HspaceNative.configureRuntime(
                new HspaceNative.RuntimeOptions()
                    .threads(options.threads())
                    .openBlasThreads(options.openBlasThreads())));
  }

  /** How many threads one operator uses. */
  public static int threads() {
    NativeLibrary.load();
    return HspaceNative.threads();
  }

  /** How many threads OpenBLAS's own pool has. */
  public static int openBlasThreads() {
    NativeLibrary.load();
    return HspaceNative.openBlasThreads();
  }
}
