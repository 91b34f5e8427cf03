package org.hspace.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.nativelib.TensorFile;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands on four workers, of which one is killed on the way, like the driver before, against
 * the command line in this process.
 */
class SparkTest {
  private static final String MODEL = TinyModel.DIRECTORY.toAbsolutePath().toString();
  private static final String CLASSIFIER = TinyClassifier.DIRECTORY.toAbsolutePath().toString();

  @TempDir Path folder;

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  /** Blanks separate arguments, but for those of the last. */
  private static String[] command(String options, String... more) {
    return Stream.of(
            Arrays.stream(options.split(" ")),
            Arrays.stream(more),
            Stream.of("--model", MODEL, "--quiet"))
        .flatMap(all -> all)
        .toArray(String[]::new);
  }

  private static void here(String... arguments) {
    StringWriter err = new StringWriter();
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--threads", "1"));
    int code =
        org.hspace.cli.Main.execute(
            new PrintWriter(new StringWriter()), new PrintWriter(err), all.toArray(new String[0]));
    assertEquals(0, code, err.toString());
  }

  private static void there(StandaloneCluster cluster, String... arguments) throws IOException {
    cluster.begin(arguments);
    assertEquals(0, cluster.end(), cluster.errors());
  }

  @Test
  void giveTheFilesOfTheCommandLineThoughDriverAndWorkerAreKilled() throws Exception {
    // 20 components and 10 more carry the whole rank of 24 samples: the result is exact.
    String pca = "pca --samples 24 --components 20 --steps 2 --batch 1 --out";
    here(command(pca, file("pca.safetensors")));
    String annotate = "annotate --samples 136 --steps 2 --batch 4 --keep 2 --classifier";
    here(command(annotate, CLASSIFIER, "--out", file("scores.csv")));
    here(
        command(
            "attribute --name smile,age --examples 2 --annotations",
            file("scores.csv"),
            "--out",
            file("directions.safetensors")));
    String evaluate = "evaluate --samples 6 --seed-sets 2 --steps 2 --batch 4 --strength 0.5";
    String[] what = {
      "--direction",
      file("directions.safetensors:smile"),
      "--direction",
      file("directions.safetensors:age"),
      "--classifier",
      CLASSIFIER,
      "--mask",
      "2,2,6,6",
      "--json"
    };
    here(command(evaluate, with(what, file("effects.json"))));

    try (StandaloneCluster cluster = new StandaloneCluster(folder.resolve("spark"), 4)) {
      String cut = "--range 1 --wave 2 --save-every 0";
      there(cluster, command(cut(pca, cut), file("spark-pca.safetensors")));
      assertSameDirections("pca.safetensors", "spark-pca.safetensors");
      assertTrue(cluster.errors().isEmpty() || !cluster.errors().contains("hspace: "));

      Path saved = folder.resolve("dead-pca.safetensors.checkpoint");
      cluster.begin(command(cut(pca, cut), file("dead-pca.safetensors")));
      StandaloneCluster.await("the first wave", () -> Files.exists(saved));
      cluster.killDriver();
      assertFalse(Files.exists(folder.resolve("dead-pca.safetensors")), "died on the way");
      there(cluster, command(cut(pca, cut), file("dead-pca.safetensors")));
      assertSameBytes("spark-pca.safetensors", "dead-pca.safetensors");
      assertFalse(cluster.errors().contains("warning: " + saved), cluster.errors());

      cluster.begin(command(cut(pca, cut), file("killed-pca.safetensors")));
      Path checkpoint = folder.resolve("killed-pca.safetensors.checkpoint");
      StandaloneCluster.await("the first wave", () -> Files.exists(checkpoint));
      cluster.killOne();
      assertFalse(Files.exists(folder.resolve("killed-pca.safetensors")), "killed on the way");
      assertEquals(0, cluster.end(), cluster.errors());
      assertSameBytes("spark-pca.safetensors", "killed-pca.safetensors");
      assertFalse(Files.exists(checkpoint));

      there(
          cluster,
          command(
              annotate,
              CLASSIFIER,
              "--range",
              "64",
              "--parquet",
              folder.resolve("scores.parquet").toUri().toString(),
              "--copy-h",
              folder.resolve("copy of h").toUri().toString().replace("%20", " "),
              "--out",
              file("spark-scores.csv")));
      assertSameAnnotations();

      there(cluster, command(evaluate, with(what, file("spark-effects.json"))));
      JsonElement expected = json("effects.json");
      assertAlike("effects", expected, json("spark-effects.json"));
      assertTrue(expected.getAsJsonObject().get("effect").isJsonArray());

      refused(cluster, command(pca, file("x"), "--range", "0"), "--range: expected 1 to");
      refused(cluster, command(pca, file("x"), "--parquet", "y"), "--parquet: expected with");
      refused(
          cluster,
          command(
              annotate, CLASSIFIER, "--out", file("y.csv"), "--copy-h", "nowhere://host/folder"),
          "--copy-h nowhere://host/folder",
          "nowhere");
      refused(
          cluster,
          command("evaluate --label", file("pca.safetensors"), "--classifier", CLASSIFIER),
          "--label: measured on one machine");
      Path other = TinyModel.copy(TinyModel.DIRECTORY, folder.resolve("other"));
      Path schedule = other.resolve("scheduler/scheduler_config.json");
      Files.writeString(schedule, Files.readString(schedule).replace("0.02", "0.03"));
      refused(
          cluster,
          command(pca, file("x"), "--executor-model", other.toString()),
          "executor on ",
          "schedule");
    }
  }

  /** The same ranges give the same bits. */
  private void assertSameBytes(String expected, String found) throws IOException {
    assertEquals(-1, Files.mismatch(folder.resolve(expected), folder.resolve(found)), found);
  }

  private static String[] with(String[] some, String last) {
    return Stream.concat(Arrays.stream(some), Stream.of(last)).toArray(String[]::new);
  }

  private static String cut(String command, String options) {
    return command.replace(" --out", " " + options + " --out");
  }

  /** The command ends with exit code 2 and one line that says all of this. */
  private static void refused(StandaloneCluster cluster, String[] arguments, String... parts)
      throws IOException {
    int before = cluster.errors().length();
    cluster.begin(arguments);
    assertEquals(2, cluster.end());
    List<String> said =
        cluster.errors().substring(before).lines().filter(l -> l.startsWith("hspace: ")).toList();
    assertEquals(1, said.size(), said.toString());
    for (String part : parts) assertTrue(said.get(0).contains(part), said.get(0));
  }

  private JsonElement json(String name) throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve(name)));
  }

  /** Equal but for rounding of numbers. */
  private static void assertAlike(String where, JsonElement expected, JsonElement found) {
    if (expected.isJsonObject()) {
      assertEquals(expected.getAsJsonObject().keySet(), found.getAsJsonObject().keySet(), where);
      for (Map.Entry<String, JsonElement> entry : expected.getAsJsonObject().entrySet()) {
        if (entry.getKey().equals("seconds")) continue;
        assertAlike(
            where + "." + entry.getKey(),
            entry.getValue(),
            found.getAsJsonObject().get(entry.getKey()));
      }
    } else if (expected.isJsonArray()) {
      assertEquals(expected.getAsJsonArray().size(), found.getAsJsonArray().size(), where);
      for (int i = 0; i < expected.getAsJsonArray().size(); i++)
        assertAlike(
            where + "[" + i + "]", expected.getAsJsonArray().get(i), found.getAsJsonArray().get(i));
    } else if (expected.isJsonPrimitive() && expected.getAsJsonPrimitive().isNumber()) {
      double value = expected.getAsDouble();
      assertEquals(value, found.getAsDouble(), 1e-4 * Math.max(1, Math.abs(value)), where);
    } else {
      assertEquals(expected, found, where);
    }
  }

  /** The same file but for rounding, and for the machines that had a part in it. */
  private void assertSameDirections(String expected, String found) {
    try (TensorFile a = TensorFile.open(folder.resolve(expected));
        TensorFile b = TensorFile.open(folder.resolve(found));
        PointerScope scope = new PointerScope()) {
      assertEquals(a.names(), b.names());
      assertEquals(a.metadata().keySet(), b.metadata().keySet());
      Provenance own = Provenance.parse(a.metadata().get("provenance"), expected);
      Provenance other = Provenance.parse(b.metadata().get("provenance"), found);
      assertEquals(own.modelHash(), other.modelHash());
      assertEquals(own.schedulerHash(), other.schedulerHash());
      assertEquals(own.details().get("samples"), other.details().get("samples"));
      assertEquals(own.eta(), other.eta());
      for (String name : a.names()) {
        double[] wanted = Tensors.doubles(a.tensor(name));
        double size = Arrays.stream(wanted).map(Math::abs).max().orElseThrow();
        assertArrayEquals(wanted, Tensors.doubles(b.tensor(name)), 2e-4 * size, name);
      }
    }
  }

  private void assertSameAnnotations() throws IOException {
    List<String> expected = Files.readAllLines(folder.resolve("scores.csv"));
    List<String> found = Files.readAllLines(folder.resolve("spark-scores.csv"));
    assertEquals(expected.get(0), found.get(0));
    assertEquals(expected.size(), found.size());
    for (int i = 1; i < expected.size(); i++) {
      String[] a = expected.get(i).split(",");
      String[] b = found.get(i).split(",");
      assertEquals(a[0], b[0]);
      for (int k = 1; k < a.length; k++)
        assertEquals(Double.parseDouble(a[k]), Double.parseDouble(b[k]), 1e-4);
    }
    List<String> parts = names("scores.csv.h");
    assertEquals(4, parts.size(), "three parts and the statistics: " + parts);
    assertEquals(parts, names("spark-scores.csv.h"));
    for (String part : parts) {
      try (TensorFile a = TensorFile.open(folder.resolve("scores.csv.h").resolve(part));
          TensorFile b = TensorFile.open(folder.resolve("spark-scores.csv.h").resolve(part));
          PointerScope scope = new PointerScope()) {
        assertEquals(a.names(), b.names(), part);
        assertEquals(a.metadata().get("provenance"), b.metadata().get("provenance"));
        for (String name : a.names()) {
          double[] wanted = Tensors.doubles(a.tensor(name));
          double size = Arrays.stream(wanted).map(Math::abs).max().orElseThrow();
          assertArrayEquals(wanted, Tensors.doubles(b.tensor(name)), 1e-4 * size, part + name);
        }
      }
    }
    assertTrue(Files.exists(folder.resolve("scores.parquet/_SUCCESS")));
    for (String part : parts) {
      assertEquals(
          -1,
          Files.mismatch(
              folder.resolve("spark-scores.csv.h").resolve(part),
              folder.resolve("copy of h").resolve(part)));
    }
    // Whoever reads the CLI's reads these.
    here(
        command(
            "attribute --name smile --examples 2 --fit regression --annotations",
            file("spark-scores.csv"),
            "--out",
            file("slope.safetensors")));
  }

  private List<String> names(String name) throws IOException {
    try (Stream<Path> all = Files.list(folder.resolve(name))) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
