package org.hspace.io;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.hspace.nativelib.HspaceException;

/** Reads text that a user names. */
public final class TextFile {
  private TextFile() {}

  /**
   * The whole file.
   *
   * @throws HspaceException naming the file, when it is not there, not readable or not UTF-8
   */
  public static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new HspaceException(file + ": no such file");
    } catch (CharacterCodingException e) {
      throw new HspaceException(file + ": not UTF-8 text");
    } catch (IOException e) {
      throw new HspaceException(file + ": cannot be read: " + AtomicFile.reason(e));
    }
  }

  /**
   * The lines of a table; blank ones at its end are left out.
   *
   * @throws HspaceException like {@link #read}
   */
  public static List<String> lines(Path file) {
    return read(file).stripTrailing().lines().toList();
  }
}
