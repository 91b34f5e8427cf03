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
import org.hspace.HspaceException;

/** Writes a file under a temporary name and renames it, so that a reader never sees half of it. */
public final class AtomicFile {
  /** Produces the file's bytes. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private AtomicFile() {}

  /**
   * Writes a file; one of that name is replaced in one step, once all bytes are on the disk. A
   * symbolic link is followed. What is no regular file (a pipe, a device, {@code -} for standard
   * output) gets the bytes as they come.
   *
   * @throws HspaceException naming the file, when it cannot be written; nothing partial is left
   */
  public static void write(Path file, Content content) {
    Target target = Target.of(file);
    try {
      switch (target.kind()) {
        case STANDARD_OUTPUT -> toStandardOutput(content);
        case STREAM -> toStream(target.path(), content);
        default -> replace(target.path(), content);
      }
    } catch (IOException e) {
      throw new HspaceException("cannot write " + file + ": " + reason(e), e);
    }
  }

  private static void toStandardOutput(Content content) throws IOException {
    BufferedOutputStream out = new BufferedOutputStream(System.out, 1 << 16);
    content.writeTo(out);
    out.flush();
    // A PrintStream keeps its errors to itself.
    if (System.out.checkError()) throw new IOException("standard output is full or closed");
  }

  private static void toStream(Path path, Content content) throws IOException {
    // An open descriptor may be a file's, with something in it already.
    try (OutputStream out =
        new BufferedOutputStream(
            Files.newOutputStream(path, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
            1 << 16)) {
      content.writeTo(out);
    }
  }

  private static void replace(Path target, Content content) throws IOException {
    Path temporary = TemporaryFiles.begin(target);
    try (FileChannel channel = TemporaryFiles.create(temporary)) {
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
      content.writeTo(out);
      out.flush();
      channel.force(true);
      Files.move(
          temporary, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
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
    Target target = Target.of(file);
    Path path = target.path();
    Path folder = path.getParent();
    switch (target.kind()) {
      case STANDARD_OUTPUT -> {}
      case FOLDER -> throw new HspaceException("cannot write " + file + ": it is a directory");
      case STREAM -> {
        if (!Files.isWritable(path)) {
          throw new HspaceException("cannot write " + file + ": no permission to write to it");
        }
      }
      case FILE -> {
        if (folder == null || !Files.isDirectory(folder)) {
          throw new HspaceException(
              "cannot write " + file + ": the directory " + folder + " does not exist");
        }
        if (!Files.isWritable(folder)) {
          throw new HspaceException(
              "cannot write " + file + ": no permission to write in " + folder);
        }
      }
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

  /**
   * Removes a file, which need not exist.
   *
   * @throws HspaceException when it cannot be
   */
  public static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new HspaceException("cannot remove " + file + ": " + reason(e), e);
    }
  }
}
