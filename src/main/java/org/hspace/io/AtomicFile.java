package org.hspace.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.TemporaryFiles;

/** Writes a file under a temporary name and renames it, so that a reader never sees half of it. */
public final class AtomicFile {
  /** Produces the file's bytes. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private AtomicFile() {}

  /**
   * Writes a file; one of that name is replaced in one step, once all bytes are on the disk.
   *
   * @throws HspaceException naming the file, when it cannot be written; nothing partial is left
   */
  public static void write(Path file, Content content) {
    Path target = file.toAbsolutePath();
    Path temporary = TemporaryFiles.begin(target);
    try {
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
        content.writeTo(out);
        out.flush();
        channel.force(true);
      }
      Files.move(
          temporary, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new HspaceException("cannot write " + file + ": " + reason(e), e);
    } finally {
      TemporaryFiles.end(temporary);
    }
  }

  /** Writes a text in UTF-8. */
  public static void write(Path file, String text) {
    write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Checks that a file can be written later, before hours of work are spent on its content.
   *
   * @throws HspaceException naming the file and what stands in the way
   */
  public static void checkWritable(Path file) {
    Path target = file.toAbsolutePath();
    Path folder = target.getParent();
    if (folder == null || Files.isDirectory(target)) {
      throw new HspaceException("cannot write " + file + ": it is a directory");
    }
    if (!Files.isDirectory(folder)) {
      throw new HspaceException(
          "cannot write " + file + ": the directory " + folder + " does not exist");
    }
    if (!Files.isWritable(folder)) {
      throw new HspaceException("cannot write " + file + ": no permission to write in " + folder);
    }
  }

  /**
   * What went wrong in words: the JDK's messages for the common cases are bare file names, or "I/O
   * error".
   */
  public static String reason(IOException e) {
    if (e.getCause() instanceof IOException cause) {
      return reason(cause);
    }
    if (e instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
