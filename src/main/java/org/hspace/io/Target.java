package org.hspace.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a name of an output leads to.
 *
 * @param path symbolic links followed, also where the last one's target is not there yet
 * @param kind how it is written
 */
public record Target(Path path, Kind kind) {
  /** How an output is written. */
  public enum Kind {
    /** A file, which is replaced in one step. */
    FILE,
    /** A pipe, a device or an open descriptor: its bytes are written as they come. */
    STREAM,
    /** {@code -} or one of the names that the system has for it. */
    STANDARD_OUTPUT,
    FOLDER
  }

  private static final int MOST_LINKS = 40;
  private static final Set<String> STANDARD_OUTPUT = Set.of("-", "/dev/stdout", "/dev/fd/1");

  /** Open descriptors, which are no places to rename anything to. */
  private static final Pattern DESCRIPTOR =
      Pattern.compile("/proc/(\\d+)(?:/task/\\d+)?/fd/(\\d+)");

  /** Follows a name that a user gave. */
  public static Target of(Path file) {
    if (STANDARD_OUTPUT.contains(file.toString())) return new Target(file, Kind.STANDARD_OUTPUT);
    Path path = real(file.toAbsolutePath());
    for (int i = 0; i < MOST_LINKS; i++) {
      Matcher descriptor = DESCRIPTOR.matcher(path.toString());
      if (descriptor.matches()) {
        boolean own = descriptor.group(1).equals(Long.toString(ProcessHandle.current().pid()));
        boolean output = own && descriptor.group(2).equals("1");
        return new Target(path, output ? Kind.STANDARD_OUTPUT : Kind.STREAM);
      }
      if (!Files.isSymbolicLink(path)) break;
      try {
        path = real(path.resolveSibling(Files.readSymbolicLink(path)));
      } catch (IOException e) {
        break; // what stands in the way is said when it is written
      }
    }
    if (Files.isDirectory(path)) return new Target(path, Kind.FOLDER);
    boolean replaceable = Files.isRegularFile(path) || !Files.exists(path);
    return new Target(path, replaceable ? Kind.FILE : Kind.STREAM);
  }

  /** The path with the links of its folders resolved, but not its own. */
  private static Path real(Path path) {
    Path folder = path.getParent();
    Path name = path.getFileName();
    if (folder == null || name.toString().equals(".") || name.toString().equals("..")) {
      return path.normalize();
    }
    try {
      return folder.toRealPath().resolve(name);
    } catch (IOException e) {
      return path.normalize();
    }
  }
}
