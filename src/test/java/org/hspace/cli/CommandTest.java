package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.pipeline.TinyModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * What tests of the commands share: runs on a tiny model, through real files, in a folder whose
 * name has blanks and other characters that people use.
 */
abstract class CommandTest {
  /** Between two neighbouring values of an 8-bit channel, in [-1, 1]. */
  private static final double LEVEL = 1 / 127.5;

  private static final String NAME = "a é=😀@";

  /** A blank that is not the name's. */
  static final String BLANK = " (?!é=)";

  @TempDir Path temporary;
  Path folder;

  @BeforeEach
  final void makeFolder() throws IOException {
    folder = Files.createDirectory(temporary.resolve(NAME));
  }

  final String file(String name) {
    return folder.resolve(name).toString();
  }

  /**
   * Runs a command on the tiny model, with one thread; blanks separate arguments too, but for the
   * folder's.
   */
  static CommandRun execute(String... arguments) {
    List<String> all = new ArrayList<>(List.of(String.join(" ", arguments).split(BLANK)));
    all.addAll(List.of("--threads", "1", "--model", TinyModel.DIRECTORY.toString()));
    return CommandRun.of(all.toArray(new String[0]));
  }

  /** Runs a command that must succeed. */
  static CommandRun run(String... arguments) {
    CommandRun run = execute(arguments);
    assertEquals(0, run.code(), run.err());
    return run;
  }

  /** Runs a command that must end with exit code 2 and one line, which says all of this. */
  static void refused(String[] arguments, String... parts) {
    CommandRun run = execute(arguments);
    assertEquals(2, run.code(), run.err() + run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    contains(run.err(), parts);
  }

  static String[] arguments(String... arguments) {
    return arguments;
  }

  static void contains(String text, String... parts) {
    for (String part : parts) assertTrue(text.contains(part), text);
  }

  final JsonObject json(String name) throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve(name))).getAsJsonObject();
  }

  final RgbImage image(String name) {
    return ImageFile.read(folder.resolve(name));
  }

  /**
   * The same picture but for rounding: float32 results of other batches differ by about 1e-5, which
   * is far less than a level of 8 bits, but can tip a value from one level to the next.
   */
  final void assertSamePicture(String expected, String found) {
    float[] wanted = image(expected).values();
    float[] values = image(found).values();
    assertEquals(wanted.length, values.length, found);
    for (int i = 0; i < values.length; i++) {
      assertEquals(wanted[i], values[i], 1.01 * LEVEL, found + ", value " + i);
    }
  }

  /** What {@code hspace info} says of a file. */
  final String info(String name) {
    CommandRun run = CommandRun.of("info", file(name));
    assertEquals(0, run.code(), run.err());
    return run.out();
  }
}
