package org.hspace.nativelib;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Temporary names of files that are being written. What is not yet renamed when the process ends,
 * by itself or by SIGINT or SIGTERM, is removed.
 */
public final class TemporaryFiles {
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(TemporaryFiles::removeAll));
  }

  private TemporaryFiles() {}

  /** Registers the clean-up; to be called while the process is not yet being shut down. */
  static void watch() {
    // Done by loading the class.
  }

  /** The temporary name beside a file; the native writer's is the same. */
  public static Path begin(Path file) {
    Path target = file.toAbsolutePath();
    Path temporary =
        target.resolveSibling(target.getFileName() + ".tmp-" + ProcessHandle.current().pid());
    OPEN.add(temporary);
    return temporary;
  }

  /** Removes what still has the temporary name: nothing, once it has been renamed. */
  public static void end(Path temporary) {
    removeQuietly(temporary);
    OPEN.remove(temporary);
  }

  static void removeAll() {
    OPEN.forEach(TemporaryFiles::removeQuietly);
  }

  private static void removeQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The write's own failure, if there was one, is what the user must hear about.
    }
  }
}
