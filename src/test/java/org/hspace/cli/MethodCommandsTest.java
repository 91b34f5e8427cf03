package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.model.TinyClassifier;
import org.hspace.model.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The commands of the methods, from annotation to evaluation, on a tiny model and through real
 * files.
 */
class MethodCommandsTest {
  private static final String CLASSIFIER = TinyClassifier.DIRECTORY.toString();

  @TempDir Path folder;

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private static CommandRun execute(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--threads", "1", "--model", TinyModel.DIRECTORY.toString()));
    return CommandRun.of(all.toArray(new String[0]));
  }

  private static String run(String... arguments) {
    CommandRun run = execute(arguments);
    assertEquals(0, run.code(), run.err());
    return run.out();
  }

  private static void refused(String[] arguments, String... parts) {
    CommandRun run = execute(arguments);
    assertEquals(2, run.code(), run.err() + run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    contains(run.err(), parts);
  }

  private static String[] arguments(String... arguments) {
    return arguments;
  }

  private static void contains(String text, String... parts) {
    for (String part : parts) assertTrue(text.contains(part), text);
  }

  private JsonObject json(String name) throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve(name))).getAsJsonObject();
  }

  private RgbImage image(String name) {
    return ImageFile.read(folder.resolve(name));
  }

  private String info(String name) {
    CommandRun run = CommandRun.of("info", file(name));
    assertEquals(0, run.code(), run.err());
    return run.out();
  }

  private void annotate(int samples) {
    run(
        "annotate",
        "--samples",
        "" + samples,
        "--steps",
        "2",
        "--classifier",
        CLASSIFIER,
        "--out",
        file("a.csv"),
        "-q");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jacobian",
        "examples",
        "annotate",
        "attribute",
        "disentangle",
        "swap",
        "evaluate"
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
  void annotatedSamplesBecomeDirectionsThatAreEvaluated() throws IOException {
    annotate(24);
    List<String> table = Files.readAllLines(folder.resolve("a.csv"));
    assertEquals("seed,yaw,smile,age,glasses,bald", table.get(0));
    assertEquals(25, table.size());
    assertTrue(table.get(24).startsWith("23,"));

    contains(
        run(
            "attribute",
            "--annotations",
            file("a.csv"),
            "--name",
            "all",
            "--examples",
            "5",
            "--out",
            file("o.safetensors")),
        "bald");
    run(
        "attribute",
        "--annotations",
        file("a.csv"),
        "--name",
        "smile,age",
        "--fit",
        "regression",
        "--examples",
        "5",
        "--suffix=-regression",
        "--out",
        file("r.safetensors"));
    run(
        "attribute",
        "--annotations",
        file("a.csv"),
        "--name",
        "smile",
        "--balance",
        "age",
        "--examples",
        "4",
        "--out",
        file("b.safetensors"));
    contains(info("r.safetensors"), "smile-regression", "age-regression", "regression");
    contains(info("b.safetensors"), "balance");

    String o = file("o.safetensors");
    contains(
        run(
            "disentangle",
            o + ":smile",
            "--from",
            o + ":age," + o + ":yaw",
            "--name",
            "smile-only",
            "--out",
            file("d.safetensors"),
            "--json",
            file("d.json")),
        "smile-only",
        "% of the norm is left");
    assertTrue(json("d.json").get("norm_left").getAsDouble() < 1);
    assertTrue(json("d.json").get("condition_number").getAsDouble() >= 1);
    CommandRun twice =
        execute(
            "disentangle",
            o + ":smile",
            "--from",
            o + ":age," + o + ":age",
            "--out",
            file("e.safetensors"));
    contains(twice.err(), "already spanned by the others: age");

    String evaluated =
        run(
            "evaluate",
            "--direction",
            o + ":smile",
            "--direction",
            file("d.safetensors"),
            "--samples",
            "3",
            "--seed-sets",
            "2",
            "--steps",
            "2",
            "--strength",
            "1",
            "--mask",
            "2,2,4,4",
            "--classifier",
            CLASSIFIER,
            "--out",
            file("t.csv"),
            "--heat-map",
            file("t.png"),
            "--json",
            file("t.json"));
    contains(evaluated, "smile-only", "diagonal mean");
    assertEquals(3, Files.readAllLines(folder.resolve("t.csv")).size());
    assertTrue(image("t.png").width() > 100);
    JsonObject figures = json("t.json");
    assertEquals(List.of("smile", "smile-only"), strings(figures.getAsJsonArray("directions")));
    JsonArray effect = figures.getAsJsonArray("effect");
    assertEquals(2, effect.size());
    double first = effect.get(0).getAsJsonArray().get(1).getAsDouble();
    double second = effect.get(1).getAsJsonArray().get(1).getAsDouble();
    assertEquals((first + second) / 2, figures.get("diagonal_mean").getAsDouble(), 1e-12);
    assertTrue(figures.getAsJsonArray("pixels_inside").get(0).getAsDouble() > 0);

    contains(
        run(
            "evaluate",
            "--curve",
            "smile",
            "--annotations",
            file("a.csv"),
            "--samples",
            "3",
            "--steps",
            "2",
            "--classifier",
            CLASSIFIER,
            "--plot",
            file("c.png")),
        "examples,h_space,x_T",
        "\n10,");
    assertTrue(image("c.png").width() > 100);
  }

  private static List<String> strings(JsonArray array) {
    List<String> all = new ArrayList<>();
    array.forEach(element -> all.add(element.getAsString()));
    return all;
  }

  @Test
  void componentsAreLabelledAndComparedWithRandomOnes() throws IOException {
    run(
        "pca",
        "--samples",
        "12",
        "--components",
        "2",
        "--steps",
        "2",
        "--scope",
        "trajectory",
        "--out",
        file("p.safetensors"));
    String p = file("p.safetensors");
    contains(
        run(
            "evaluate",
            "--label",
            p,
            "--samples",
            "4",
            "--classifier",
            CLASSIFIER,
            "--json",
            file("l.json")),
        "bald",
        "r = ");
    for (var row : json("l.json").getAsJsonArray("correlation")) {
      for (var r : row.getAsJsonArray()) assertTrue(Math.abs(r.getAsDouble()) <= 1 + 1e-12);
    }
    contains(
        run(
            "evaluate",
            "--against-random",
            p,
            "--samples",
            "3",
            "--steps",
            "2",
            "--classifier",
            CLASSIFIER,
            "--json",
            file("f.json")),
        "times as much");
    assertTrue(json("f.json").get("semantic_factor").getAsDouble() > 0);
    refused(
        arguments("evaluate", "--label", p, "--components", "3", "--classifier", CLASSIFIER),
        "--components",
        "1 to 2",
        "found 3",
        p);
    refused(
        arguments("direction", "merge", p, "--only", "3", "--out", file("x.safetensors")),
        "--only",
        "1 to 2",
        "found 3",
        p);
    refused(
        arguments("edit", "--direction", p + ":2", "--out", file("x.png")), "0 to 1", "found 2", p);
    assertFalse(Files.exists(folder.resolve("x.safetensors")));
  }

  @Test
  void directionsAreAddedScaledAndLimited() {
    run(
        "pca",
        "--samples",
        "12",
        "--components",
        "2",
        "--steps",
        "4",
        "--out",
        file("p.safetensors"));
    String p = file("p.safetensors");
    run(
        "direction",
        "sum",
        p + ":0=1",
        p + ":1=-0.5",
        "--name",
        "both",
        "--out",
        file("s.safetensors"));
    run(
        "direction",
        "scale",
        p + ":0",
        "--by",
        "2",
        "--name",
        "twice",
        "--out",
        file("t.safetensors"));
    contains(
        run("direction", "normalize", p + ":0", "--out", file("n.safetensors")),
        "norm 1.000 over 4");
    run(
        "direction",
        "window",
        p + ":0",
        "--window",
        "0-0.5",
        "--name",
        "early",
        "--out",
        file("w.safetensors"));
    run(
        "direction",
        "merge",
        file("s.safetensors"),
        file("t.safetensors"),
        p,
        "--out",
        file("m.safetensors"));
    contains(info("m.safetensors"), "both", "twice", "pc0", "pc1");
    // The same edit, written in two ways.
    String[] edit = {"edit", "--seeds", "1", "--steps", "4", "--images"};
    run(
        edit[0],
        edit[1],
        edit[2],
        edit[3],
        edit[4],
        edit[5],
        file("a"),
        "--direction",
        file("m.safetensors") + ":both=2",
        "--out",
        file("a.png"));
    run(
        edit[0],
        edit[1],
        edit[2],
        edit[3],
        edit[4],
        edit[5],
        file("b"),
        "--direction",
        p + ":0=2",
        "--direction",
        p + ":1=-1",
        "--out",
        file("b.png"));
    float[] one = image("a/row-0-column-1.png").values();
    float[] other = image("b/row-0-column-1.png").values();
    for (int i = 0; i < one.length; i++)
      assertEquals(one[i], other[i], 1.01 / 127.5); // rounding may tip one level
    refused(
        arguments("direction", "merge", p, p, "--out", file("x.safetensors")),
        "two are called pc0");
    refused(
        arguments("direction", "sum", p + ":0", "--name", "q", "--out", file("no/x.safetensors")),
        "does not exist");
  }

  @Test
  void jacobianDirectionsEditTheirImage() throws IOException {
    CommandRun found =
        execute(
            "jacobian",
            "--seed",
            "3",
            "--steps",
            "3",
            "--vectors",
            "2",
            "--mask",
            "4,4,6,6",
            "--out",
            file("j.safetensors"),
            "--json",
            file("j.json"));
    assertEquals(0, found.code(), found.err());
    contains(found.out(), "singular values (residual)");
    JsonObject figures = json("j.json");
    assertEquals(0, figures.getAsJsonArray("not_converged").size());
    int t = figures.getAsJsonArray("timesteps").get(0).getAsInt();
    run(
        "edit",
        "--seeds",
        "3",
        "--steps",
        "3",
        "--direction",
        file("j.safetensors") + ":1@" + t + "=5",
        "--images",
        file("e"),
        "--out",
        file("e.png"));
    assertFalse(
        java.util.Arrays.equals(
            image("e/row-0-column-0.png").values(), image("e/row-0-column-1.png").values()));
    ImageFile.write(folder.resolve("mask.png"), new RgbImage(8, 8, new float[3 * 64]));
    String out = file("x.safetensors");
    refused(
        arguments("jacobian", "--mask", file("mask.png"), "--out", out),
        "mask.png",
        "16 x 16",
        "8 x 8");
    refused(arguments("jacobian", "--mask", "4,4,20,4", "--out", out), "4,4,20,4", "16 x 16");
    refused(
        arguments("jacobian", "--timesteps", "17", "--steps", "3", "--out", out),
        "--timesteps",
        "found 17");
    refused(arguments("jacobian", "--vectors", "0", "--out", out), "--vectors", "at least 1");
    CommandRun hasty =
        execute(
            "jacobian",
            "--steps",
            "1",
            "--max-products",
            "4",
            "--tolerance",
            "1e-12",
            "--out",
            out);
    assertEquals(0, hasty.code(), hasty.err());
    contains(hasty.out(), "NOT CONVERGED");
    contains(hasty.err(), "more --max-products");
  }

  @Test
  void examplesComeFromSeedsAndFromPictures() throws IOException {
    run(
        "examples",
        "--positive-seeds",
        "0-2",
        "--negative-seeds",
        "3-5",
        "--steps",
        "2",
        "--name",
        "x",
        "--out",
        file("s.safetensors"),
        "--json",
        file("s.json"));
    assertEquals(3, json("s.json").get("pairs").getAsInt());
    assertTrue(json("s.json").get("spread").getAsDouble() > 0);
    run("sample", "--seeds", "0-1", "--steps", "2", "--images", file("with"));
    run("sample", "--seeds", "0-1", "--steps", "3", "--images", file("without"));
    String[] folders = {
      "examples",
      "--positive",
      file("with"),
      "--negative",
      file("without"),
      "--steps",
      "2",
      "--name",
      "x",
      "--out"
    };
    run(join(folders, file("p.safetensors")));
    contains(info("p.safetensors"), "seed-1.png", "ddim");
    Files.writeString(
        folder.resolve("pairs.csv"),
        "positive,negative\nwith/seed-0.png,without/seed-0.png\nwith/seed-1.png,without/seed-1.png\n");
    run(
        "examples",
        "--pairs",
        file("pairs.csv"),
        "--steps",
        "2",
        "--name",
        "x",
        "--out",
        file("q.safetensors"));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("p.safetensors")),
        Files.readAllBytes(folder.resolve("q.safetensors")));

    Files.delete(folder.resolve("without/seed-1.png"));
    refused(join(folders, file("x.safetensors")), "seed-1.png", "no partner");
    Files.delete(folder.resolve("without/seed-0.png"));
    refused(join(folders, file("x.safetensors")), "without", "PNG or JPEG", "none");
    refused(
        arguments(
            "examples",
            "--positive-seeds",
            "0-2",
            "--negative-seeds",
            "3",
            "--name",
            "x",
            "--out",
            file("x.safetensors")),
        "found 3 and 1");
    refused(
        arguments(
            "examples", "--positive", file("with"), "--name", "x", "--out", file("x.safetensors")),
        "--negative");
    assertFalse(Files.exists(folder.resolve("x.safetensors")));
  }

  private static String[] join(String[] first, String... rest) {
    return Stream.concat(Stream.of(first), Stream.of(rest)).toArray(String[]::new);
  }

  @Test
  void swapsShowEveryPair() {
    run("swap", "--seeds", "1,4", "--steps", "2", "--out", file("swap.png"));
    assertTrue(image("swap.png").width() > 2 * 128);
    run("sample", "--seeds", "1,4", "--steps", "2", "--save", file("t.safetensors"));
    run("swap", "--trajectory", file("t.safetensors"), "--out", file("saved.png"));
    assertArrayEquals(image("swap.png").values(), image("saved.png").values());
    refused(arguments("swap", "--seeds", "1", "--out", file("x.png")), "2 to 12", "found 1");
  }

  @Test
  void misfitsAreNamed() throws IOException {
    annotate(6);
    String out = file("x.safetensors");
    String table = file("a.csv");
    refused(
        arguments("attribute", "--annotations", table, "--name", "hat", "--out", out),
        "yaw, smile, age, glasses, bald",
        "'hat'");
    refused(
        arguments(
            "attribute",
            "--annotations",
            table,
            "--name",
            "smile",
            "--balance",
            "hat",
            "--examples",
            "2",
            "--out",
            out),
        "yaw, smile",
        "'hat'");
    refused(
        arguments(
            "attribute",
            "--annotations",
            table,
            "--name",
            "smile",
            "--examples",
            "4",
            "--out",
            out),
        "at most 3",
        "found 4");
    refused(
        arguments("attribute", "--annotations", file("none.csv"), "--name", "smile", "--out", out),
        "none.csv");
    refused(
        arguments("evaluate", "--curve", "hat", "--annotations", table, "--classifier", CLASSIFIER),
        "'hat'");
    refused(
        arguments("evaluate", "--set", "original", "--classifier", CLASSIFIER),
        "--set original",
        "original.safetensors");
    refused(arguments("evaluate", "--set", "original"), "classifier");
    refused(arguments("evaluate", "--classifier", CLASSIFIER), "--set or --direction");
    refused(
        arguments("annotate", "--classifier", file("none"), "--out", file("b.csv")),
        "none",
        "classifier directory");
    refused(
        arguments(
            "annotate",
            "--samples",
            "6",
            "--steps",
            "3",
            "--classifier",
            CLASSIFIER,
            "--out",
            table),
        "other options",
        "a.csv.h");
    refused(
        arguments("disentangle", "smile", "--from", "age=2", "--out", out), "age=2", "no strength");
    Path part = folder.resolve("a.csv.h/part-00000.safetensors");
    String bytes = Files.readString(part, java.nio.charset.StandardCharsets.ISO_8859_1);
    int hash = bytes.indexOf("model_hash") + "model_hash\\\":\\\"".length();
    Files.writeString(
        part,
        bytes.substring(0, hash)
            + (bytes.charAt(hash) == '0' ? '1' : '0')
            + bytes.substring(hash + 1),
        java.nio.charset.StandardCharsets.ISO_8859_1);
    refused(
        arguments(
            "attribute",
            "--annotations",
            table,
            "--name",
            "smile",
            "--examples",
            "2",
            "--out",
            out),
        "hash",
        "part-00000");
    assertFalse(Files.exists(folder.resolve("x.safetensors")));
  }
}
