package org.hspace.io;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.hspace.HspaceException;

/** Reads text that a user names. */
public final class TextFile {
  private static final String BYTE_ORDER_MARK = "\ufeff";

  private TextFile() {}

  /**
   * The whole file, without a byte order mark.
   *
   * @throws HspaceException naming the file, when it is not there, not readable or not UTF-8
   */
  public static String read(Path file) {
    try {
      String text = Files.readString(file);
      return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    } catch (NoSuchFileException e) {
      throw new HspaceException(file + ": no such file");
    } catch (CharacterCodingException e) {
      throw new HspaceException(file + ": not UTF-8 text");
    } catch (IOException e) {
      throw new HspaceException(file + ": cannot be read: " + AtomicFile.reason(e));
    }
  }
}
