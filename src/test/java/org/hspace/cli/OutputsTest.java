package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.hspace.bench.BenchCommand;
import org.hspace.pipeline.DirectionSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class OutputsTest extends CommandTest {
  /** A command that forgets. */
  @CommandLine.Command(name = "careless")
  static final class Careless {
    @CommandLine.Option(names = "--one")
    private Path one;

    @CommandLine.Option(names = "--many")
    private List<Path> many;

    @CommandLine.Parameters(paramLabel = "DIRECTION")
    private List<DirectionSpec> directions;

    @Reads
    @CommandLine.Option(names = "--said")
    private Path said;

    @CommandLine.Option(names = "--text")
    private String text;
  }

  private static List<String> undeclared(CommandLine line) {
    List<String> found = new ArrayList<>(Outputs.undeclared(line.getCommandSpec()));
    if (line.getCommand() instanceof BenchCommand) found.clear(); // writes no files
    line.getSubcommands().values().forEach(each -> found.addAll(undeclared(each)));
    return found;
  }

  @Test
  void everyOptionWithAFileSaysWhetherItIsReadOrWritten() {
    assertEquals(List.of(), undeclared(Main.commandLine()));
    assertEquals(
        Set.of("--one", "--many", "DIRECTION"),
        Set.copyOf(undeclared(new CommandLine(new Careless()))));
  }

  @ParameterizedTest
  @CsvSource({
    "invert in.png --out t.safetensors --reconstruct same.png --json same.png,--reconstruct and --json",
    "sample --out same.png --save same.png,--out and --save",
    "sample --out same.png --json ./sub/../same.png,--out and --json",
    "sample --out same.png --json link,--out and --json",
    "sample --images sub --out sub/seed-3.png,sub/seed-3.png",
    "edit --direction x:0 --images sub --out sub/seed-1_+1.5.png,seed-1_+1.5.png",
    "pca --out p.safetensors --json p.safetensors.checkpoint,.checkpoint",
    "annotate --out a.csv --json a.csv.h,a.csv.h",
    "demo --out sub --json sub/index.html,index.html",
    "evaluate --label x --out same.csv --json same.csv,--out and --json",
    "evaluate --set x --heat-map same.png --json same.png,--heat-map and --json",
    "sample --out - --json -,--out and --json",
    "invert in.png --out t.safetensors --reconstruct in.png,which IMAGE reads",
    "direction scale in.png:0 --by 2 --out in.png,which DIRECTION reads",
    "jacobian --mask in.png --out in.png,which --mask reads",
    "jacobian --trajectory in.png --out in.png,which --trajectory reads",
    "info in.png --json in.png,which FILE reads",
    "sample --save /dev/null,regular file",
    "pca --out -,regular file",
    "annotate --out -,regular file",
  })
  void oneFileNamedTwiceIsRefusedBeforeTheWork(String command, String part) throws IOException {
    Files.createDirectory(folder.resolve("sub"));
    Path input = Files.writeString(folder.resolve("in.png"), "precious");
    Files.createSymbolicLink(folder.resolve("link"), Path.of("same.png"));
    String inFolder =
        command.replaceAll("(?<= )(?=(in|same|t|p|x|a)\\.|sub|link|\\./)", file("") + "/");
    refused(arguments(inFolder), part);
    assertEquals("precious", Files.readString(input));
    assertFalse(Files.exists(folder.resolve("same.png")));
  }

  @Test
  void severalOutputsMayGoNowhere() {
    run("sample --seeds 1 --steps 2 --out /dev/null --json /dev/null");
    assertFalse(Files.isRegularFile(Path.of("/dev/null")));
  }

  @Test
  void minusIsStandardOutputAndCarriesNothingElse() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream before = System.out;
    CommandRun run;
    try {
      System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
      run = run("invert", picture(), "--steps 2 --eta 1 --json - --out", file("t.safetensors"));
    } finally {
      System.setOut(before);
    }
    assertEquals("", run.out());
    contains(run.err(), "round trip PSNR");
    assertTrue(
        JsonParser.parseString(bytes.toString(StandardCharsets.UTF_8))
            .getAsJsonObject()
            .has("psnr"));
  }

  @Test
  void aPictureMayHaveAnAtSignInFront() throws IOException {
    Files.move(Path.of(picture()), folder.resolve("@me.png"));
    String user = System.getProperty("user.dir");
    Path relative = Path.of(user).relativize(folder.resolve("@me.png"));
    run("invert", relative.toString(), "--steps 1 --eta 1 --out", file("t.safetensors"));
    // The name alone, as in a folder of pictures, must not be taken for a file of arguments.
    refused(
        arguments("invert @gone.png --out", file("u.safetensors")), "@gone.png", "no such file");
  }

  private String picture() {
    run("sample --seeds 3 --steps 1 --out", file("in.png"));
    return file("in.png");
  }

  @Test
  void fullStandardOutputIsAnError() {
    Writer full =
        new Writer() {
          @Override
          public void write(char[] text, int from, int count) throws IOException {
            throw new IOException("No space left on device");
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    StringWriter err = new StringWriter();
    int code = Main.execute(new PrintWriter(full, true), new PrintWriter(err, true), "info");
    assertEquals(2, code);
    assertEquals(1, err.toString().lines().count(), err.toString());
    contains(err.toString(), "standard output");
  }
}
