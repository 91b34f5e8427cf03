package org.hspace.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Temporary names of files that are being written: the file's own, {@code .tmp-} and 16 random
 * hexadecimal digits, because process ids repeat across containers that share a volume.
 *
 * <p>What is not yet renamed when the process ends, by itself or by SIGINT or SIGTERM, is removed.
 * What a process leaves that is killed, the next one to write the same file removes: a temporary
 * file is locked while it is written, so that nobody takes it from a living process. The native
 * writer does the same.
 */
public final class TemporaryFiles {
  private static final String INFIX = ".tmp-";
  private static final int RANDOM_BYTES = 8;
  private static final int TRIES = 100;

  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();
  private static final SecureRandom RANDOM = new SecureRandom();

  static { // with the first file, so that who writes none has no hook
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(TemporaryFiles::removeAll));
    } catch (IllegalStateException e) {
      // The process is ending already.
    }
  }

  private TemporaryFiles() {}

  /**
   * A new temporary name beside a file; nothing is created.
   *
   * @param target what is going to be replaced; a symbolic link would be replaced itself
   */
  public static Path begin(Path target) {
    byte[] random = new byte[RANDOM_BYTES];
    RANDOM.nextBytes(random);
    Path temporary =
        target.resolveSibling(target.getFileName() + INFIX + HexFormat.of().formatHex(random));
    OPEN.add(temporary);
    return temporary;
  }

  /**
   * Creates and locks a temporary file, once what killed processes left of the same target is
   * removed. Closing the channel ends the lock.
   *
   * @param temporary of {@link #begin}
   */
  public static FileChannel create(Path temporary) throws IOException {
    removeStale(temporary);
    for (int i = 0; i < TRIES; i++) {
      FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      try {
        channel.lock(); // waits for one who has just taken it for a left one
      } catch (IOException e) {
        return channel; // a file system without locks has no cleaning either
      }
      if (Files.exists(temporary)) return channel;
      channel.close();
    }
    throw new FileSystemException(temporary.toString(), null, "is removed by another process");
  }

  /** Removes what still has the temporary name: nothing, once it has been renamed. */
  public static void end(Path temporary) {
    removeQuietly(temporary);
    OPEN.remove(temporary);
  }

  private static void removeStale(Path temporary) {
    String name = temporary.getFileName().toString();
    String prefix = name.substring(0, name.length() - 2 * RANDOM_BYTES);
    try (DirectoryStream<Path> left =
        Files.newDirectoryStream(
            temporary.toAbsolutePath().getParent(),
            file -> {
              String other = file.getFileName().toString();
              return other.length() == name.length()
                  && other.startsWith(prefix)
                  && other.substring(prefix.length()).matches("[0-9a-f]+");
            })) {
      for (Path file : left) {
        // Closing a second channel of a file would end this process's own lock of it.
        if (!OPEN.contains(file)) removeUnlessLocked(file);
      }
    } catch (IOException e) {
      // A folder that cannot be listed can still be written to.
    }
  }

  private static void removeUnlessLocked(Path file) {
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        FileLock lock = channel.tryLock()) {
      if (lock != null) Files.deleteIfExists(file);
    } catch (IOException | OverlappingFileLockException e) {
      // Held, or not ours to remove.
    }
  }

  /** Removes all of this process, which is about to end. */
  public static void removeAll() {
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
