package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code hspace direction} end to end. */
class DirectionCommandTest extends CommandTest {
  @Test
  void directionsAreAddedScaledAndLimited() {
    run("pca --samples 12 --components 2 --steps 4 --out", file("p.safetensors"));
    String p = file("p.safetensors");
    run("direction sum", p + ":0=1", p + ":1=-0.5", "--name both --out", file("s.safetensors"));
    run("direction scale", p + ":0", "--by 2 --name twice --out", file("t.safetensors"));
    contains(
        run("direction normalize", p + ":0", "--out", file("n.safetensors")).out(),
        "norm 1.000 over 4");
    run("direction window", p + ":0", "--window 0-0.5 --name early --out", file("w.safetensors"));
    run(
        "direction merge",
        file("s.safetensors"),
        file("t.safetensors"),
        p,
        "--out",
        file("m.safetensors"));
    contains(info("m.safetensors"), "both", "twice", "pc0", "pc1");
    // The same edit, written in two ways.
    String edit = "edit --seeds 1 --steps 4 --images";
    run(edit, file("a"), "--direction", file("m.safetensors") + ":both=2", "--out", file("a.png"));
    run(
        edit,
        file("b"),
        "--direction",
        p + ":0=2",
        "--direction",
        p + ":1=-1",
        "--out",
        file("b.png"));
    assertSamePicture("a/seed-1_edited.png", "b/seed-1_edited.png");
    refused(
        arguments("direction merge", p, p, "--out", file("x.safetensors")), "two are called pc0");
    for (String name : List.of("a:b", "a=1", "a,b")) {
      refused(
          arguments(
              "direction scale", p + ":0 --by 2 --out", file("x.safetensors"), "--name", name),
          "--name",
          "without",
          name);
    }
    refused(
        arguments("direction sum", p + ":0", "--name q --out", file("no/x.safetensors")),
        "does not exist");
  }

  @Test
  void directionsAreComparedByTheirAngles() throws IOException {
    String pca = file("compared.safetensors");
    run("pca --samples 12 --components 2 --steps 2 --out", pca);
    run("direction sum " + pca + ":0=2 " + pca + ":1=2 --name sum --out", file("sum.safetensors"));
    String out =
        run(
                "direction compare",
                pca,
                file("sum.safetensors") + " " + pca + ":0",
                "--heat-map",
                file("c.png"),
                "--json",
                file("c.json"),
                "--out",
                file("c.csv"))
            .out();
    contains(out, "pc0", "pc1", "sum", "pc0 (2)");
    JsonObject found = json("c.json");
    JsonArray whole = found.getAsJsonArray("cosine");
    assertEquals(0, whole.get(0).getAsJsonArray().get(1).getAsDouble(), 1e-5);
    assertEquals(1, whole.get(0).getAsJsonArray().get(3).getAsDouble(), 1e-5);
    double first = whole.get(2).getAsJsonArray().get(0).getAsDouble();
    double second = whole.get(2).getAsJsonArray().get(1).getAsDouble();
    assertEquals(1, first * first + second * second, 1e-5, "sum lies between both");
    assertEquals(2, found.getAsJsonArray("cosine_per_timestep").size());
    assertEquals(1 + 3 * 16, Files.readAllLines(folder.resolve("c.csv")).size());
    assertTrue(image("c.png").width() > 100);
    refused(arguments("direction compare", pca + ":0"), "at least two", "found one");
  }
}
