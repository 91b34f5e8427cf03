package org.hspace.nativelib;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.hspace.HspaceException;
import org.hspace.io.TemporaryFiles;

/**
 * Loads the native libraries, in the one order that works: LibTorch first, which brings its OpenMP
 * and OpenBLAS, then ours, which is linked against it. Nothing of the process is set by that;
 * {@link NativeRuntime} does it on request.
 */
public final class NativeLibrary {
  private static volatile boolean loaded;

  private NativeLibrary() {}

  /**
   * Loads the libraries; does nothing the second time.
   *
   * @throws HspaceException when this processor or this system cannot run them
   */
  public static void load() {
    if (!loaded) loadOnce();
  }

  private static synchronized void loadOnce() {
    if (loaded) return;
    Processor.check();
    OpenBlas.shareOneFile();
    try {
      Loader.load(torch.class);
      Loader.load(HspaceNative.class);
    } catch (LinkageError e) {
      throw new HspaceException("cannot load the native libraries" + reason() + rootMessage(e), e);
    }
    protectCallsAtExit();
    loaded = true;
  }

  /**
   * When the JVM ends, what is being written is removed. Threads that compute then, because of a
   * signal or because they are daemons, would find the libraries' static objects destroyed; what
   * prevents that has to be registered late, hence by this hook.
   */
  private static void protectCallsAtExit() {
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(NativeLibrary::atExit));
    } catch (IllegalStateException e) { // the JVM is ending already
      atExit();
    }
  }

  private static void atExit() {
    HspaceNative.removeTemporaryFiles();
    HspaceNative.protectCallsAtExit();
  }

  private static String reason() {
    return OtherLibTorch.find()
        .map(
            other ->
                " into this process, because another LibTorch is loaded in it already, from "
                    + other
                    + " (DJL's PyTorch engine, for instance); two need a process each: ")
        .orElse(
            ", which need Linux x86-64 with glibc 2.35 or newer and the jars of that platform: ");
  }

  private static String rootMessage(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) root = root.getCause();
    return String.valueOf(root.getMessage()).lines().findFirst().orElse("");
  }

  /**
   * Ends a process that was told to stop while it computes: removes its temporary files, and leaves
   * without the destructors that would pull native objects from under the computing thread. Does
   * nothing before the libraries are loaded, when there is no such thread.
   */
  public static void leave(int code) {
    if (!loaded) return;
    TemporaryFiles.removeAll();
    HspaceNative.removeTemporaryFiles();
    HspaceNative.leave(code);
  }
}
