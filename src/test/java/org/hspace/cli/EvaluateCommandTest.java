package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.hspace.pipeline.TinyClassifier;
import org.junit.jupiter.api.Test;

/** {@code hspace evaluate} of principal components. */
class EvaluateCommandTest extends CommandTest {
  private static final String CLASSIFIER = TinyClassifier.DIRECTORY.toString();

  @Test
  void componentsAreLabelledAndComparedWithRandomOnes() throws IOException {
    run(
        "pca --samples 12 --components 2 --steps 2 --scope trajectory --out",
        file("p.safetensors"));
    String p = file("p.safetensors");
    contains(
        run(
                "evaluate --label",
                p,
                "--samples 12 --classifier",
                CLASSIFIER,
                "--json",
                file("l.json"),
                "--out",
                file("l.csv"))
            .out(),
        "bald",
        "r = ");
    List<String> lines = Files.readAllLines(folder.resolve("l.csv"));
    assertEquals("component,yaw,smile,age,glasses,bald", lines.get(0));
    for (int k = 0; k < 2; k++) {
      String[] cells = lines.get(k + 1).split(",");
      assertEquals("pc" + k, cells[0]);
      JsonArray row = json("l.json").getAsJsonArray("correlation").get(k).getAsJsonArray();
      for (int a = 0; a < row.size(); a++) {
        assertTrue(Math.abs(row.get(a).getAsDouble()) <= 1 + 1e-12);
        assertEquals(row.get(a).getAsDouble(), Double.parseDouble(cells[a + 1]), 1e-6);
      }
    }
    JsonObject label = json("l.json").getAsJsonArray("labels").get(4).getAsJsonObject();
    assertEquals("bald", label.get("attribute").getAsString());
    assertTrue(label.get("component").getAsString().matches("pc[01]"));
    assertTrue(Math.abs(label.get("correlation").getAsDouble()) <= 1 + 1e-12);
    contains(
        run(
                "evaluate --against-random",
                p,
                "--samples 3 --steps 2 --classifier",
                CLASSIFIER,
                "--json",
                file("f.json"))
            .out(),
        "times as much");
    assertTrue(json("f.json").get("semantic_factor").getAsDouble() > 0);
    refused(
        arguments("evaluate --label", p, "--components 3 --classifier", CLASSIFIER),
        "--components",
        "1 to 2",
        "found 3",
        p);
    String command = "evaluate --samples 12 --classifier " + CLASSIFIER + " --label " + p;
    run(command, "--steps 2");
    refused(arguments(command, "--steps 3"), "--steps", "expected 2", "found 3", p);
    refused(arguments(command, "--eta 0"), "--eta", p);
    refused(
        arguments(command, "--heat-map", file("m.png")), "--heat-map", "no effect beside --label");
    refused(arguments(command, "--strength 1"), "--strength", "no effect beside --label");
    String random = "evaluate --samples 3 --classifier " + CLASSIFIER + " --against-random " + p;
    refused(
        arguments(random, "--out", file("x.csv")), "--out", "no effect beside --against-random");
    String table = "evaluate --classifier " + CLASSIFIER + " --direction " + p + ":0";
    refused(arguments(table, "--components 1"), "--components", "no effect beside --direction");
    refused(arguments(table, "--strength 1 --amount 2"), "--amount", "no effect beside --strength");
    refused(
        arguments("direction merge", p, "--only 3 --out", file("x.safetensors")),
        "--only",
        "1 to 2",
        "found 3",
        p);
    refused(
        arguments("edit --direction", p + ":2", "--out", file("x.png")), "0 to 1", "found 2", p);
    assertFalse(Files.exists(folder.resolve("x.safetensors")));
  }

  @Test
  void waysOfStayingInsideAMaskAreCompared() throws IOException {
    String local = "evaluate --steps 2 --samples 1 --local 4,4,6,6";
    contains(
        run(local, "--change 0.02 --json", file("c.json")).out(),
        "masked singular vectors",
        "null-space projection",
        "local edits");
    JsonObject figures = json("c.json");
    assertEquals(0.02, figures.get("amount").getAsDouble());
    assertEquals(3, figures.getAsJsonArray("rows").size());
    assertEquals(12, figures.get("tried").getAsInt());
    for (var row : figures.getAsJsonArray("rows")) {
      JsonObject way = row.getAsJsonObject();
      int kept = way.getAsJsonArray("ratios").size() + way.get("missed").getAsInt();
      assertTrue(kept >= 1 && kept <= 3, way.toString());
      for (var ratio : row.getAsJsonObject().getAsJsonArray("ratios")) {
        assertTrue(ratio.getAsDouble() > 0);
      }
    }
    refused(arguments(local, "--change 0"), "--change", "above 0", "found 0");
    refused(arguments(local, "--strength 1"), "--strength", "no effect beside --local");
    refused(
        arguments(local, "--classifier", CLASSIFIER), "--classifier", "no effect beside --local");
    refused(arguments("evaluate --local 4,4,20,4 --steps 2"), "4,4,20,4");
  }

  @Test
  void whatCannotBeHeldIsRefused() {
    String edit = "edit --seeds 0 --steps 2 --classifier " + CLASSIFIER + " --direction";
    run("pca --samples 6 --components 1 --steps 2 --out", file("p.safetensors"));
    String p = file("p.safetensors") + ":0";
    refused(
        arguments(edit, p, "--hold nothing --out", file("x.png")),
        "--hold",
        "some of the attributes yaw",
        "'nothing'");
    refused(
        arguments(edit, p, "--hold yaw --out", file("x.png")), "--hold", "yaw-only", "found none");
    refused(arguments(edit, p, "--out", file("x.png")), "--classifier", "no effect without --hold");
    refused(
        arguments(
            "evaluate --steps 2 --samples 2 --hold yaw --classifier", CLASSIFIER, "--direction", p),
        "expected a name that begins with one of the attributes");
    assertFalse(Files.exists(folder.resolve("x.png")));
  }

  @Test
  void eachOfSeveralEditsHoldsWhatTheOthersMove() throws IOException {
    List<String> edit =
        List.of(
            "edit",
            "--model",
            "models/avatars-64",
            "--threads",
            "1",
            "--seeds",
            "0",
            "--steps",
            "2");
    List<String> both = new ArrayList<>(edit);
    both.addAll(List.of("--each", "--direction", "smile-only", "--direction", "hat-only"));
    both.addAll(List.of("--strengths=0.3", "--hold", "smile,hat"));
    both.addAll(List.of("--out", file("held.png"), "--json", file("held.json")));
    CommandRun run = CommandRun.of(both.toArray(new String[0]));
    assertEquals(0, run.code(), run.err());
    var off = json("held.json").getAsJsonArray("off");
    var held = json("held.json").getAsJsonArray("off_held");
    assertEquals(2, held.size());
    for (int i = 0; i < 2; i++) assertTrue(held.get(i).getAsDouble() <= off.get(i).getAsDouble());
    List<String> alone = new ArrayList<>(edit);
    alone.addAll(List.of("--direction", "smile-only", "--hold", "smile", "--out", file("x.png")));
    CommandRun refused = CommandRun.of(alone.toArray(new String[0]));
    assertEquals(2, refused.code(), refused.err());
    contains(refused.err(), "--hold", "beside those", "smile");
  }
}
