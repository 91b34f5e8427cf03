package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** {@code hspace edit} end to end. */
class EditCommandTest extends CommandTest {
  @Test
  void aSavedTrajectoryIsEditedLikeItsSeeds() throws IOException {
    run("sample --seeds 0,7 --steps 4 --save", file("t.safetensors"));
    run(
        "pca --samples 12 --components 3 --steps 4 --out",
        file("p.safetensors"),
        "--json",
        file("p.json"));
    String edit = "--direction " + file("p.safetensors") + ":1 --strengths=-2,0,2";
    run(
        "edit --trajectory",
        file("t.safetensors"),
        edit,
        "--images",
        file("a"),
        "--out",
        file("a.png"));
    run("edit --seeds 0,7 --steps 4", edit, "--images", file("b"), "--out", file("b.png"));
    run("sample --seeds 0,7 --steps 4 --images", file("plain"));
    for (int row = 0; row < 2; row++) {
      String cell = "/row-" + row + "-column-";
      for (int column = 0; column < 3; column++) {
        assertArrayEquals( // the same noise in batches of the same size: the same bits
            image("a" + cell + column + ".png").values(),
            image("b" + cell + column + ".png").values());
      }
      assertSamePicture("plain/seed-" + 7 * row + ".png", "a" + cell + "1.png");
      assertFalse(
          Arrays.equals(
              image("a" + cell + "0.png").values(), image("a" + cell + "2.png").values()));
    }
    JsonObject figures = json("p.json");
    assertEquals(4, figures.getAsJsonArray("explained_variance").size());
    double sum = 0;
    for (JsonElement share : figures.getAsJsonArray("mean_explained_variance_ratio")) {
      sum += share.getAsDouble();
    }
    assertTrue(sum > 0.2 && sum <= 1, "explained " + sum);
    assertFalse(Files.exists(folder.resolve("p.safetensors.checkpoint")));
  }

  @Test
  void fixedStrengthsGiveOriginalAndEdited() {
    run(
        "pca --samples 12 --components 2 --steps 3 --scope trajectory --out",
        file("p.safetensors"));
    run(
        "edit --seeds 1 --steps 3 --direction",
        file("p.safetensors") + ":pc0=2",
        "--direction",
        file("p.safetensors") + ":1=-1",
        "--images",
        file("fixed"),
        "--out",
        file("fixed.png"));
    run(
        "edit --seeds 1 --steps 3 --direction",
        file("p.safetensors") + ":0",
        "--direction",
        file("p.safetensors") + ":1=-1",
        "--strengths=2 --images",
        file("free"),
        "--out",
        file("free.png"));
    assertSamePicture("fixed/row-0-column-1.png", "free/row-0-column-0.png");
    run("sample --seeds 1 --steps 3 --out", file("plain.png"));
    assertSamePicture("plain.png", "fixed/row-0-column-0.png");
  }

  @Test
  void directionsShareAGridOneByOneOrInSequence() {
    run("pca --samples 12 --components 2 --steps 3 --out", file("p.safetensors"));
    String first = file("p.safetensors") + ":0";
    String second = file("p.safetensors") + ":1";
    String seeds = "--seeds 0-1 --steps 3";
    run(
        "edit " + seeds,
        "--direction",
        first,
        "--direction",
        second,
        "--each --strengths=-2,2 --images",
        file("each"),
        "--out",
        file("each.png"));
    run(
        "edit " + seeds,
        "--direction",
        second,
        "--strengths=-2,2 --images",
        file("alone"),
        "--out",
        file("alone.png"));
    run(
        "edit " + seeds,
        "--direction",
        first + "=1",
        "--direction",
        second + "=2",
        "--sequential --images",
        file("steps"),
        "--out",
        file("steps.png"));
    run(
        "edit " + seeds,
        "--direction",
        first + "=1",
        "--direction",
        second + "=2",
        "--images",
        file("both"),
        "--out",
        file("both.png"));
    for (int row = 0; row < 2; row++) {
      for (int column = 0; column < 2; column++) {
        assertSamePicture( // rows of --each: image 0 along both directions, then image 1
            "alone/row-" + row + "-column-" + column + ".png",
            "each/row-" + (2 * row + 1) + "-column-" + column + ".png");
      }
      assertSamePicture("both/row-" + row + "-column-0.png", "steps/row-" + row + "-column-0.png");
      assertSamePicture("both/row-" + row + "-column-1.png", "steps/row-" + row + "-column-2.png");
    }
  }
}
