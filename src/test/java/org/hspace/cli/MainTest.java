package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.hspace.pipeline.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input: one clear line, exit code 2, nothing left behind. */
class MainTest {
  private static final String TINY = TinyModel.DIRECTORY.toString();

  @TempDir Path folder;

  private Path file(String name) {
    return folder.resolve(name);
  }

  private String refused(String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertEquals(2, run.code(), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().startsWith("hspace: "), run.err());
    assertEquals("", run.out());
    return run.err();
  }

  private static void contains(String message, String... parts) {
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "annotate",
        "attribute",
        "demo",
        "disentangle",
        "edit",
        "evaluate",
        "examples",
        "info",
        "invert",
        "jacobian",
        "pca",
        "sample",
        "studio",
        "swap"
      })
  void everyCommandExplainsItselfWithAnExample(String command) {
    CommandRun run = CommandRun.of(command, "--help");
    assertEquals(0, run.code());
    contains(
        run.out(),
        "Usage: hspace " + command,
        "Example: hspace " + command,
        "--model=DIR",
        "--threads=N");
  }

  @Test
  void usageErrorsNameTheOption() {
    contains(refused(), "expected a command");
    contains(refused("smaple"), "smaple");
    contains(refused("sampel"), "sampel", "did you mean sample");
    contains(refused("sample", "--nonsense"), "--nonsense");
    contains(refused("sample", "--seeds", "4-2"), "--seeds", "4-2");
    contains(refused("sample", "--eta", "2", "--out", "a.png"), "--eta", "from 0 to 1");
    contains(refused("sample", "--h-space", "up", "--out", "a.png"), "after, before or middle");
    contains(
        refused("sample", "--dtype", "int8", "--out", "a.png"), "float32, float64 or bfloat16");
    contains(refused("edit", "--out", "a.png"), "--direction");
    contains(refused("invert", "--out", "a.safetensors"), "IMAGE");
    contains(
        refused("pca", "--samples", "5", "--components", "9", "--out", file("p").toString()),
        "samples",
        "9 components");
    contains(refused("sample"), "--out", "--save");
    contains(refused("studio", "--host", "0.0.0.0"), "--host", "--token");
    contains(refused("studio", "--clip"), "--clip");
  }

  @Test
  void outputsAreCheckedBeforeTheWork() throws IOException {
    contains(refused("sample", "--out", file("a.gif").toString()), "a.gif", ".png");
    contains(refused("sample", "--save", file("no/a.safetensors").toString()), "does not exist");
    contains(refused("pca", "--out", folder.toString()), "directory");
    contains(refused("info", "--json", file("no/a.json").toString()), "a.json");
    contains(
        refused("demo", "--out", Files.createFile(file("taken")).toString()),
        "taken",
        "expected a folder");
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(file("taken")), left.toList());
    }
  }

  @Test
  void wrongModelsAreNamed() throws IOException {
    String out = file("a.png").toString();
    contains(
        refused("sample", "--model", file("none").toString(), "--out", out), "none", "nothing");
    contains(refused("sample", "--model", folder.toString(), "--out", out), "model directory");
    Path broken = TinyModel.copy(TinyModel.DIRECTORY, file("model"));
    Path weights = broken.resolve("unet/diffusion_pytorch_model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, java.util.Arrays.copyOf(bytes, bytes.length / 2));
    contains(
        refused("sample", "--threads", "1", "--model", broken.toString(), "--out", out),
        weights.getFileName().toString());
    Path config = broken.resolve("scheduler/scheduler_config.json");
    Files.writeString(config, Files.readString(config).replace("\"linear\"", "\"cubic\""));
    contains(
        refused("info", "--threads", "1", "--model", broken.toString()),
        "beta_schedule",
        "cubic",
        "linear");
    assertFalse(Files.exists(file("a.png")));
  }

  @Test
  void wrongFilesAreNamed() throws IOException {
    Path text = file("text.png");
    Files.writeString(text, "no image");
    Path out = file("out.safetensors");
    contains(
        refused("invert", "--model", TINY, text.toString(), "--out", out.toString()),
        "text.png",
        "PNG, JPEG");
    Path garbage = file("garbage.safetensors");
    Files.write(garbage, new byte[] {1, 2, 3});
    String grid = file("grid.png").toString();
    contains(
        refused(
            "edit",
            "--threads",
            "1",
            "--model",
            TINY,
            "--direction",
            garbage + ":0",
            "--out",
            grid),
        "garbage.safetensors");
    contains(
        refused("edit", "--threads", "1", "--model", TINY, "--direction", "smile=x", "--out", grid),
        "smile=x",
        "number");
    contains(
        refused("edit", "--threads", "1", "--model", TINY, "--direction", "smile", "--out", grid),
        "smile",
        "directions");
    contains(
        refused("edit", "--model", TINY, "--direction", "a=1", "--strengths=1,2", "--out", grid),
        "--strengths");
    contains(
        refused("edit", "--model", TINY, "--direction", "a", "--sequential", "--out", grid),
        "--sequential");
    contains(
        refused("edit", "--model", TINY, "--direction", "a=1", "--each", "--out", grid), "--each");
    contains(refused("info", file("nothing").toString()), "no such file");
    assertFalse(Files.exists(out));
    assertFalse(Files.exists(file("grid.png")));
  }

  @Test
  void debugShowsTheTrace() {
    CommandRun run =
        CommandRun.of("info", "--threads", "1", "--model", file("none").toString(), "--debug");
    assertEquals(2, run.code());
    contains(run.err(), "hspace: ", "\tat org.hspace.");
  }
}
