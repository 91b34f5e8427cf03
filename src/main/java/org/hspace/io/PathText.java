package org.hspace.io;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.hspace.HspaceException;

/** Names of files in what a user writes. */
public final class PathText {
  private PathText() {}

  /**
   * The path of a name.
   *
   * @throws HspaceException when the name cannot be one: with a zero in it, or with characters that
   *     the locale has no bytes for
   */
  public static Path parse(String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      String why =
          name.indexOf(0) >= 0
              ? "a file name cannot hold the character 0"
              : "the locale's encoding ("
                  + System.getProperty("sun.jnu.encoding")
                  + ") lacks some of its characters; LC_ALL=C.UTF-8 in the environment has them";
      throw new HspaceException("'" + name.replace('\0', '?') + "': " + why, e);
    }
  }
}
