package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hspace.pipeline.TinyClassifier;
import org.junit.jupiter.api.Test;

/**
 * From annotated samples to directions and their evaluation: {@code annotate}, {@code attribute},
 * {@code disentangle} and {@code evaluate}.
 */
class AnnotationCommandsTest extends CommandTest {
  private static final String CLASSIFIER = TinyClassifier.DIRECTORY.toString();

  private void annotate(int samples) {
    run(
        "annotate --samples",
        "" + samples,
        "--steps 2 --classifier",
        CLASSIFIER,
        "--out",
        file("a.csv"),
        "-q");
  }

  /** How long it would take is said, and nothing is written. */
  @Test
  void aDryRunWritesNothing() throws IOException {
    String annotate =
        "annotate --samples 40 --steps 5 --batch 8 --dry-run --classifier " + CLASSIFIER;
    CommandRun said = run(annotate, "--out", file("a.csv"), "--json", file("a.json"));
    contains(said.out(), "about 0:", "40 images, 5 steps each", "a step of 8 images");
    JsonObject figures = json("a.json");
    assertEquals(40, figures.get("images").getAsInt());
    double step = figures.get("step_seconds").getAsDouble();
    assertEquals(25 * step, figures.get("seconds").getAsDouble(), 1e-9 + 1e-6 * step);
    contains(
        run("pca --samples 20 --components 2 --steps 2 --rotate ica --dry-run --out", file("p"))
            .out(),
        "40 images");
    assertFalse(Files.exists(folder.resolve("a.csv")));
    assertFalse(Files.exists(folder.resolve("p")));
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
                "attribute --annotations",
                file("a.csv"),
                "--name all --examples 5 --out",
                file("o.safetensors"))
            .out(),
        "bald");
    run(
        "attribute --annotations",
        file("a.csv"),
        "--name smile,age --fit regression --examples 5 --suffix=-regression --out",
        file("r.safetensors"));
    run(
        "attribute --annotations",
        file("a.csv"),
        "--name smile --balance age --examples 4 --out",
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
                "--name smile-only --force --out",
                file("d.safetensors"),
                "--json",
                file("d.json"))
            .out(),
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
                "evaluate --direction",
                o + ":smile",
                "--direction",
                file("d.safetensors"),
                "--samples 3 --seed-sets 2 --steps 2 --strength 1 --mask 2,2,4,4 --classifier",
                CLASSIFIER,
                "--out",
                file("t.csv"),
                "--heat-map",
                file("t.png"),
                "--json",
                file("t.json"))
            .out();
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
                "evaluate --curve smile --annotations",
                file("a.csv"),
                "--samples 3 --steps 2 --classifier",
                CLASSIFIER,
                "--plot",
                file("c.png"))
            .out(),
        "examples,h_space,x_T",
        "\n10,");
    assertTrue(image("c.png").width() > 100);
  }

  @Test
  void attributesAloneComeInOneCommand() throws IOException {
    annotate(24);
    String alone = "attribute --annotations " + file("a.csv") + " --disentangled --name ";
    String options = " --examples 5 --trials 8 --first-seed 700 --classifier " + CLASSIFIER;
    String out = file("alone.safetensors");
    run(alone + "smile" + options, "--force --json", file("a.json"), "--out", out);
    assertEquals(
        4,
        json("a.json").getAsJsonObject("smile-only").getAsJsonObject("weights").entrySet().size());
    run(
        "attribute --fit regression --name smile --examples 5 --annotations",
        file("a.csv"),
        "--out",
        file("r.safetensors"));
    run("direction compare", file("r.safetensors"), out, "--json", file("c.json"));
    double cosine =
        json("c.json").getAsJsonArray("cosine").get(0).getAsJsonArray().get(1).getAsDouble();
    double said = json("a.json").getAsJsonObject("smile-only").get("cosine").getAsDouble();
    assertEquals(Math.abs(said), Math.abs(cosine), 1e-4); // forced, it may have been turned round
    contains(info("alone.safetensors"), "smile-only", "measured effects");
    refused(arguments(alone + "hair" + options, "--out", out), "expected one of", "hair");
    refused(
        arguments("attribute --annotations", file("a.csv"), "--name all --trials 3 --out", out),
        "--trials",
        "without --disentangled");
    refused(
        arguments(alone + "all --balance smile --out", out), "--balance", "beside --disentangled");
  }

  @Test
  void whatIsUselessIsRefusedUnlessForced() throws IOException {
    String pca = file("pca.safetensors");
    run("pca --samples 12 --components 2 --steps 2 --scope trajectory --out", pca);
    String mixed = file("mixed.safetensors");
    run("direction sum", pca + ":0=0.01 " + pca + ":1=1 --name mixed --out", mixed);
    String out = file("left.safetensors");
    String[] command = arguments("disentangle", mixed, "--from", pca + ":1", "--out", out);
    refused(command, "% of mixed is left", "--force");
    assertFalse(Files.exists(folder.resolve("left.safetensors")));
    CommandRun forced = execute("disentangle", mixed, "--from", pca + ":1", "--force --out", out);
    contains(forced.err(), "warning", "% of mixed is left");
    assertTrue(Files.exists(folder.resolve("left.safetensors")));
  }

  @Test
  void directionsAreTakenApartByWhatTheyWereMeasuredToDo() throws IOException {
    String pca = file("pca.safetensors");
    run("pca --samples 12 --components 2 --steps 2 --scope trajectory --out", pca);
    String glasses = file("glasses.safetensors");
    run("direction scale", pca + ":0 --by 1 --name glasses --out", glasses);
    String bald = file("bald.safetensors");
    run("direction scale", pca + ":1 --by 1 --name bald --out", bald);

    double[] before = effects(glasses, bald, "before.json");
    String table = file("before.json");
    String out = file("glasses-only.safetensors");
    contains(
        run("disentangle", glasses, "--from", bald, "--effects", table, "--force --out", out).out(),
        "glasses-without-bald: took out",
        " bald; condition number");
    contains(info("glasses-only.safetensors"), "measured effects");
    double[] after = effects(out, bald, "after.json");
    assertEquals(before[0], after[0], 0.1 * Math.abs(before[0]));
    assertEquals(0, after[1], 0.1 * Math.abs(before[1]));

    refused(
        arguments("disentangle", pca + ":0", "--from", bald, "--effects", table, "--out", out),
        "direction pc0",
        "glasses, bald");
    refused(
        arguments("disentangle", glasses, "--from", bald, "--effects", bald, "--out", out),
        "bald.safetensors",
        "not UTF-8");
  }

  /** Small effects of the first of two directions, which add up, on glasses and bald (2). */
  private double[] effects(String first, String second, String figures) throws IOException {
    run(
        "evaluate --direction",
        first,
        "--direction",
        second,
        "--samples 6 --seed-sets 1 --steps 2 --strength 0.1 --classifier",
        CLASSIFIER,
        "--json",
        file(figures));
    JsonObject table = json(figures);
    List<String> attributes = strings(table.getAsJsonArray("attributes"));
    JsonArray effect = table.getAsJsonArray("effect").get(0).getAsJsonArray();
    return new double[] {
      effect.get(attributes.indexOf("glasses")).getAsDouble(),
      effect.get(attributes.indexOf("bald")).getAsDouble()
    };
  }

  private static List<String> strings(JsonArray array) {
    List<String> all = new ArrayList<>();
    array.forEach(element -> all.add(element.getAsString()));
    return all;
  }

  @Test
  void misfitsAreNamed() throws IOException {
    annotate(6);
    String out = file("x.safetensors");
    String table = file("a.csv");
    refused(
        arguments("attribute --annotations", table, "--name hat --out", out),
        "yaw, smile, age, glasses, bald",
        "'hat'");
    refused(
        arguments(
            "attribute --annotations", table, "--name smile --balance hat --examples 2 --out", out),
        "yaw, smile",
        "'hat'");
    refused(
        arguments("attribute --annotations", table, "--name smile --examples 4 --out", out),
        "at most 3",
        "found 4");
    refused(
        arguments(
            "attribute --annotations", table, "--name smile --examples 2 --suffix=:x --out", out),
        "--suffix",
        "':x'");
    refused(
        arguments("attribute --annotations", file("none.csv"), "--name smile --out", out),
        "none.csv");
    refused(
        arguments("evaluate --curve hat --annotations", table, "--classifier", CLASSIFIER),
        "'hat'");
    refused(
        arguments("evaluate --set original --classifier", CLASSIFIER),
        "--set original",
        "original.safetensors");
    refused(arguments("evaluate --set original"), "classifier");
    refused(arguments("evaluate --classifier", CLASSIFIER), "--set, --direction or --by-prompt");
    refused(
        arguments("annotate --classifier", file("none"), "--out", file("b.csv")),
        "none",
        "classifier directory");
    refused(
        arguments("annotate --samples 6 --steps 3 --classifier", CLASSIFIER, "--out", table),
        "other options",
        "a.csv.h");
    refused(arguments("disentangle smile --from age=2 --out", out), "age=2", "no strength");
    Path part = folder.resolve("a.csv.h/part-00000.safetensors");
    String bytes = Files.readString(part, StandardCharsets.ISO_8859_1);
    int hash = bytes.indexOf("model_hash") + "model_hash\\\":\\\"".length();
    Files.writeString(
        part,
        bytes.substring(0, hash)
            + (bytes.charAt(hash) == '0' ? '1' : '0')
            + bytes.substring(hash + 1),
        StandardCharsets.ISO_8859_1);
    refused(
        arguments("attribute --annotations", table, "--name smile --examples 2 --out", out),
        "hash",
        "part-00000");
    assertFalse(Files.exists(folder.resolve("x.safetensors")));
  }

  @Test
  void labelsWithCommasAndQuotesComeBack() throws IOException {
    Path classifier = Files.createDirectory(folder.resolve("classifier"));
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(TinyClassifier.DIRECTORY.resolve(name), classifier.resolve(name));
    }
    Path config = classifier.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"smile\"", "\"smile, a \\\"wide\\\" one\""));
    run(
        "annotate --samples 8 --steps 1 --classifier",
        classifier.toString(),
        "--out",
        file("a.csv"));
    String table = Files.readString(folder.resolve("a.csv"));
    contains(table, "seed,yaw,\"smile, a \"\"wide\"\" one\",age,glasses,bald\n");
    String attribute = "attribute --name age --examples 2 --annotations";
    run(attribute, file("a.csv"), "--out", file("age.safetensors"));
    // As spreadsheets save it: a byte order mark, their line ends, semicolons, decimal commas.
    String rest = table.substring(table.indexOf('\n')).replace(',', ';').replace('.', ',');
    Files.writeString(
        folder.resolve("a.csv"),
        "\ufeffseed;yaw;\"smile, a \"\"wide\"\" one\";age;glasses;bald"
            + rest.replace("\n", "\r\n"));
    run(attribute, file("a.csv"), "--out", file("again.safetensors"));
    assertEquals(
        -1, Files.mismatch(folder.resolve("age.safetensors"), folder.resolve("again.safetensors")));
    // As earlier versions wrote it, without quotes.
    Files.writeString(
        folder.resolve("a.csv"),
        table.replace("\"smile, a \"\"wide\"\" one\"", "smile, a \"wide\" one"));
    run(attribute, file("a.csv"), "--out", file("old.safetensors"));
  }

  @Test
  void equalScoresMakeNoDirection() throws IOException {
    annotate(6);
    List<String> table = new ArrayList<>(Files.readAllLines(folder.resolve("a.csv")));
    for (int i = 1; i < table.size(); i++) {
      table.set(i, table.get(i).replaceFirst("^(\\d+,[^,]*),[^,]*", "$1,0.5"));
    }
    Files.write(folder.resolve("a.csv"), table);
    for (String fit : List.of("extremes", "regression")) {
      refused(
          arguments(
              "attribute --name smile --examples 2 --fit",
              fit,
              "--annotations",
              file("a.csv"),
              "--out",
              file("x.safetensors")),
          "attribute smile: all samples have the same score");
    }
  }
}
