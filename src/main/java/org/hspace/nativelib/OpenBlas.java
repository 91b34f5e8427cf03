package org.hspace.nativelib;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;

/**
 * One OpenBLAS in a process. JavaCPP's presets load the same library under two names, and keep a
 * copy of it for each in their cache: the process would map it twice, each with a pool of threads.
 * Here the second name becomes a link to the first, so that both are one library.
 */
final class OpenBlas {
  private static final String FOLDER = "/org/bytedeco/openblas/" + Loader.getPlatform() + "/";

  private OpenBlas() {}

  /** To be called before JavaCPP loads LibTorch; does nothing where JavaCPP keeps no cache. */
  static void shareOneFile() {
    if (Boolean.getBoolean("org.bytedeco.javacpp.pathsFirst")) return; // libraries lie ready
    try {
      File library = Loader.cacheResource(openblas.class, FOLDER + "libopenblas.so.0");
      if (library == null) return;
      Path first = library.toPath();
      Path second = first.resolveSibling("libopenblas_nolapack.so.0");
      if (Files.exists(second) && Files.isSameFile(first, second)) return;
      // JavaCPP takes a file of the right size and date for its own, but not a symbolic link.
      Path link =
          first.resolveSibling(second.getFileName() + ".tmp-" + ProcessHandle.current().pid());
      Files.deleteIfExists(link);
      Files.createLink(link, first);
      Files.move(link, second, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | UnsupportedOperationException | SecurityException e) {
      // Two copies work as well: NativeRuntime.configure sets the threads of both.
    }
  }
}
