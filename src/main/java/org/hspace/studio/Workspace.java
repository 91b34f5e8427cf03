package org.hspace.studio;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.hspace.HspaceException;
import org.hspace.io.AtomicFile;

/**
 * The folder of what is made. Names inside it are plain ones, so none leads out of it; the folder
 * itself is made when there is something to keep.
 */
final class Workspace {
  static final String DIRECTIONS = ".safetensors";
  private static final String PHOTOS = "photos";
  private static final String JOBS = "jobs";
  private static final String RECORD = ".json";
  private static final int LONGEST = 80;

  private final Path folder;

  Workspace(Path folder) {
    this.folder = folder;
  }

  /** Whether a file may be called so: not hidden, no separators, no device's or escaping name. */
  static boolean isName(String name) {
    return name.length() <= LONGEST
        && name.matches("[\\p{L}\\p{N}_][\\p{L}\\p{N}_ .-]*")
        && !name.endsWith(" ");
  }

  /**
   * A file of the folder, which need not exist.
   *
   * @throws HspaceException for a name that is no plain one
   */
  Path file(String name) {
    if (!isName(name))
      throw new HspaceException(
          "name: expected at most "
              + LONGEST
              + " letters, digits, blanks and characters of _.-, found '"
              + name
              + "'");
    return folder.resolve(name);
  }

  /**
   * A file for new directions; its folder is made.
   *
   * @param replace whether one that is there may be replaced
   * @throws HspaceException for a name that is no plain one, or is taken
   */
  Path newDirections(String name, boolean replace) {
    Path file = file(name + DIRECTIONS);
    if (Files.exists(file) && !replace)
      throw new HspaceException("name: the workspace has a '" + name + "' already");
    makeFolderOf(file);
    return file;
  }

  /** The files of directions, by name. */
  List<Path> directionFiles() {
    if (!Files.isDirectory(folder)) return List.of();
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> file.getFileName().toString().endsWith(DIRECTIONS))
          .filter(file -> isName(file.getFileName().toString()))
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new HspaceException(
          "cannot read the workspace " + folder + ": " + AtomicFile.reason(e), e);
    }
  }

  /** Where a photograph of that id is kept, brought to the model's size. */
  Path photo(String id) {
    if (!id.matches("[0-9a-f]{64}"))
      throw new HspaceException("photo: expected 64 hexadecimal digits, found '" + id + "'");
    return folder.resolve(PHOTOS).resolve(id + ".png");
  }

  /** The folder itself. */
  Path folder() {
    return folder;
  }

  /** Where the record of a job is kept. */
  Path job(String id) {
    return ofJob(id, RECORD);
  }

  /** Where the directions are that a job knows before it is done. */
  Path jobDirections(String id) {
    return ofJob(id, DIRECTIONS);
  }

  private Path ofJob(String id, String suffix) {
    if (!id.matches("[0-9a-f]{16}"))
      throw new HspaceException("job: expected 16 hexadecimal digits, found '" + id + "'");
    return folder.resolve(JOBS).resolve(id + suffix);
  }

  /** The ids of the jobs of which there is a record. */
  List<String> jobs() {
    Path records = folder.resolve(JOBS);
    if (!Files.isDirectory(records)) return List.of();
    try (Stream<Path> all = Files.list(records)) {
      return all.map(file -> file.getFileName().toString())
          .filter(file -> file.matches("[0-9a-f]{16}\\" + RECORD))
          .map(file -> file.substring(0, file.length() - RECORD.length()))
          .toList();
    } catch (IOException e) {
      throw new HspaceException("cannot read " + records + ": " + AtomicFile.reason(e), e);
    }
  }

  /** Removes files, which need not exist. */
  static void remove(List<Path> files) {
    files.forEach(AtomicFile::remove);
  }

  /** Makes the folder that a file is to be in. */
  static void makeFolderOf(Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new HspaceException(
          "cannot make the folder of " + file + ": " + AtomicFile.reason(e), e);
    }
  }
}
