package org.hspace.cli;

import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.hspace.HspaceException;
import org.hspace.image.Animation;
import org.hspace.image.ImageFile;
import org.hspace.image.MaskFile;
import org.hspace.io.AtomicFile;
import org.hspace.io.Target;
import org.hspace.pipeline.DirectionSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * All files that one run of a command is going to write, found by the {@link Writes} of its
 * options, and checked before the work begins: each can be written, no two are the same, and none
 * replaces a file that the run reads.
 */
final class Outputs {
  /**
   * A file or folder that an option names.
   *
   * @param option for messages
   * @param name as the user wrote it
   * @param target what that leads to
   * @param writes what is made there; null for an input
   */
  private record Entry(String option, Path name, Target target, Writes writes) {
    static Entry of(String option, Path name, Writes writes) {
      return new Entry(option, name, Target.of(name), writes);
    }

    /** Whether it is the same as another, or what is made in its folder may be. */
    boolean covers(Entry other) {
      if (target.kind() == Target.Kind.STREAM) return false; // such as /dev/null, twice
      if (target.kind() == Target.Kind.STANDARD_OUTPUT) {
        return other.target.kind() == Target.Kind.STANDARD_OUTPUT;
      }
      if (target.path().equals(other.target.path())) return true;
      return writes != null
          && writes.value() == Writes.As.FOLDER
          && target.path().equals(other.target.path().getParent())
          && other.target.path().getFileName().toString().matches(writes.names());
    }
  }

  private final List<Entry> written = new ArrayList<>();
  private final List<Entry> read = new ArrayList<>();

  private Outputs() {}

  /**
   * The files of a parsed command.
   *
   * @throws IllegalStateException when an option that can hold a file says neither {@link Reads}
   *     nor {@link Writes}
   */
  static Outputs of(CommandSpec command) {
    if (!undeclared(command).isEmpty()) {
      throw new IllegalStateException(
          undeclared(command) + ": expected @Reads or @Writes where a file can be named");
    }
    Outputs outputs = new Outputs();
    for (ArgSpec arg : command.args()) {
      Writes writes = annotation(arg, Writes.class);
      if (writes == null && annotation(arg, Reads.class) == null) continue;
      for (Object each : values(command, arg)) {
        for (Path file : files(each)) {
          if (writes != null) outputs.add(name(arg), file, writes);
          else outputs.read.add(Entry.of(name(arg), file, null));
        }
      }
    }
    return outputs;
  }

  /** Options that can hold a file, but do not say whether it is read or written. */
  static List<String> undeclared(CommandSpec command) {
    return command.args().stream()
        .filter(arg -> annotation(arg, Writes.class) == null)
        .filter(arg -> annotation(arg, Reads.class) == null)
        .filter(Outputs::holdsFiles)
        .map(Outputs::name)
        .toList();
  }

  private static <A extends Annotation> A annotation(ArgSpec arg, Class<A> type) {
    return arg.userObject() instanceof Field field ? field.getAnnotation(type) : null;
  }

  private void add(String option, Path file, Writes writes) {
    written.add(Entry.of(option, file, writes));
    for (String end : writes.beside()) {
      written.add(
          Entry.of(option + " (" + end + ")", file.resolveSibling(file.getFileName() + end), null));
    }
  }

  private static boolean holdsFiles(ArgSpec arg) {
    return Arrays.stream(arg.auxiliaryTypes()) // of a list, what it holds
        .anyMatch(type -> type == Path.class || type == DirectionSpec.class);
  }

  private static Collection<?> values(CommandSpec command, ArgSpec arg) {
    // An option of a group that was not used has no object that could be asked for its value.
    Object value =
        arg.group() != null && arg instanceof OptionSpec option
            ? command.commandLine().getParseResult().matchedOptionValue(option.longestName(), null)
            : arg.getValue();
    return value == null ? List.of() : value instanceof Collection<?> many ? many : List.of(value);
  }

  private static List<Path> files(Object value) {
    if (value instanceof Path path) return List.of(path);
    if (value instanceof DirectionSpec direction) {
      return direction.file() == null ? List.of() : List.of(direction.file());
    }
    return MaskFile.file(value.toString()).map(List::of).orElse(List.of());
  }

  private static String name(ArgSpec arg) {
    return arg instanceof OptionSpec option ? option.longestName() : arg.paramLabel();
  }

  /** Whether a name of an output means a folder: it is one, or has no suffix and is not there. */
  static boolean isFolder(Path file) {
    return Files.isDirectory(file)
        || !Files.exists(file)
            && file.getFileName().toString().indexOf('.') < 0
            && Target.of(file).kind() != Target.Kind.STANDARD_OUTPUT;
  }

  /** Whether an output is standard output, which then carries nothing else. */
  boolean toStandardOutput() {
    return written.stream().anyMatch(e -> e.target.kind() == Target.Kind.STANDARD_OUTPUT);
  }

  /**
   * Checks all of them.
   *
   * @throws HspaceException naming option and file, and what stands in the way
   */
  void check() {
    for (Entry entry : written) {
      if (entry.writes != null) checkWritable(entry);
    }
    for (int i = 0; i < written.size(); i++) {
      Entry entry = written.get(i);
      for (Entry other : written.subList(0, i)) {
        if (entry.covers(other) || other.covers(entry)) {
          throw new HspaceException(
              "%s and %s would write the same file %s"
                  .formatted(other.option, entry.option, covered(entry, other).name));
        }
      }
      for (Entry input : read) {
        if (entry.covers(input)) {
          throw new HspaceException(
              "%s would replace %s, which %s reads"
                  .formatted(entry.option, input.name, input.option));
        }
      }
    }
  }

  private static Entry covered(Entry one, Entry other) {
    return one.covers(other) ? other : one;
  }

  private static void checkWritable(Entry entry) {
    Path file = entry.name;
    if (entry.writes.value() == Writes.As.FOLDER
        || entry.writes.value() == Writes.As.PICTURE_OR_FOLDER && isFolder(file)) {
      if (Files.exists(file) && !Files.isDirectory(file)) {
        throw new HspaceException(entry.option + " " + file + ": expected a folder, found a file");
      }
      return;
    }
    switch (entry.writes.value()) {
      case PICTURE, PICTURE_OR_FOLDER -> ImageFile.checkWritable(file);
      case ANIMATION -> Animation.checkWritable(file);
      default -> AtomicFile.checkWritable(file);
    }
    boolean regular = entry.writes.value() == Writes.As.TENSORS || entry.writes.beside().length > 0;
    if (regular && entry.target.kind() != Target.Kind.FILE) {
      throw new HspaceException(
          entry.option + " " + file + ": expected a regular file, found a pipe or a device");
    }
  }
}
