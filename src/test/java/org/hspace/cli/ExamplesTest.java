package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The example programs that use the native library from C, C++ and Python, on the shipped model:
 * they draw what the command line draws.
 */
final class ExamplesTest {
  private static final Path NATIVE = Path.of("target/native").toAbsolutePath();
  private static final Path LIBTORCH = Path.of("target/libtorch/org/bytedeco").toAbsolutePath();
  private static final Path MODEL = Path.of("models/avatars-64");

  @TempDir static Path folder;
  private static RgbImage expected;

  @BeforeAll
  static void edit() {
    Path cells = folder.resolve("cells");
    CommandRun run =
        CommandRun.of(
            "edit",
            "--model",
            MODEL.toString(),
            "--seeds",
            "3",
            "--steps",
            "20",
            "--direction",
            "smile-only=1.5",
            "--images",
            cells.toString(),
            "--out",
            folder.resolve("grid.png").toString());
    assertEquals(0, run.code(), run.err());
    expected = ImageFile.read(cells.resolve("seed-3_edited.png"));
  }

  static Stream<List<String>> programs() {
    return Stream.of(
        List.of(NATIVE.resolve("examples/example_edit_c").toString()),
        List.of(NATIVE.resolve("examples/example_edit_cpp").toString()),
        List.of("python3", Path.of("tools/examples/edit.py").toAbsolutePath().toString()));
  }

  @ParameterizedTest
  @MethodSource("programs")
  void drawsWhatTheCommandLineDraws(List<String> program) throws Exception {
    Path picture = folder.resolve("smile é " + program.hashCode() + ".png");
    Run run = run(program, MODEL.toString(), "3", "smile-only", "1.5", picture.toString());
    assertEquals(new Run(0, ""), run);
    RgbImage found = ImageFile.read(picture);
    assertEquals(expected.width(), found.width());
    assertEquals(expected.height(), found.height());
    for (int i = 0; i < expected.values().length; i++) {
      // Other batches round differently, which may tip a value to the next of 256 levels.
      assertEquals(expected.values()[i], found.values()[i], 1.01 / 127.5, "value " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("programs")
  void saysWhatIsWrongInOneLine(List<String> program) throws Exception {
    Path picture = folder.resolve("none.png");
    Run run = run(program, MODEL.toString(), "3", "sideways", "1.5", picture.toString());
    assertEquals(1, run.code());
    assertEquals(1, run.output().lines().count(), run.output());
    assertTrue(run.output().contains("sideways: expected one of"), run.output());
    assertTrue(Files.notExists(picture));
  }

  /** README shows lines of the programs, in their order. */
  @ParameterizedTest
  @CsvSource({
    "c,native/examples/edit.c",
    "cpp,native/examples/edit.cpp",
    "python,tools/examples/edit.py"
  })
  void readmeShowsThem(String language, Path program) throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    Matcher block =
        Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(readme);
    assertTrue(block.find(), "README.md: expected a block of " + language);
    Iterator<String> lines = Files.readAllLines(program).iterator();
    for (String shown : block.group(1).split("\n")) {
      boolean found = false;
      while (!found && lines.hasNext()) found = lines.next().equals(shown);
      assertTrue(found, program + ": expected, below the lines before it in README.md, " + shown);
    }
  }

  /** What a program did: its exit code, and what it wrote. */
  private record Run(int code, String output) {}

  private static Run run(List<String> program, String... arguments)
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Files.exists(NATIVE.resolve("examples")), "the native tests and examples are not built");
    ProcessBuilder builder = new ProcessBuilder();
    builder.command().addAll(program);
    builder.command().addAll(List.of(arguments));
    builder.environment().put("HSPACE_LIBRARY", NATIVE.resolve("libhspace.so").toString());
    builder.environment().put("LD_LIBRARY_PATH", libraries());
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    return new Run(process.waitFor(), output);
  }

  /** The folders of LibTorch's libraries. */
  private static String libraries() throws IOException {
    try (Stream<Path> all = Files.walk(LIBTORCH, 3)) {
      return all.filter(
              path ->
                  Files.exists(path.resolve("libc10.so"))
                      || Files.exists(path.resolve("libopenblas.so.0")))
          .map(Path::toString)
          .collect(Collectors.joining(":"));
    }
  }
}
