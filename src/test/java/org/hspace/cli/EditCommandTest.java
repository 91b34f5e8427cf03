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
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.image.PngTexts;
import org.hspace.image.RgbImage;
import org.hspace.nativelib.TensorFile;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.TinyModel;
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
    for (String seed : List.of("seed-0", "seed-7")) {
      String cell = "/" + seed + "_";
      for (String strength : List.of("-2", "0", "+2")) {
        assertArrayEquals( // the same noise in batches of the same size: the same bits
            image("a" + cell + strength + ".png").values(),
            image("b" + cell + strength + ".png").values());
      }
      assertSamePicture("plain/" + seed + ".png", "a" + cell + "0.png");
      assertFalse(
          Arrays.equals(
              image("a" + cell + "-2.png").values(), image("a" + cell + "+2.png").values()));
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
    assertSamePicture("fixed/seed-1_edited.png", "free/seed-1_+2.png");
    run("sample --seeds 1 --steps 3 --out", file("plain.png"));
    assertSamePicture("plain.png", "fixed/seed-1_original.png");
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
    for (String seed : List.of("seed-0", "seed-1")) {
      for (String strength : List.of("-2", "+2")) {
        assertSamePicture( // of --each one block is both images along the second direction
            "alone/" + seed + "_" + strength + ".png",
            "each/" + seed + "_pc1_" + strength + ".png");
      }
      assertSamePicture("both/" + seed + "_original.png", "steps/" + seed + "_original.png");
      assertSamePicture("both/" + seed + "_edited.png", "steps/" + seed + "_+-pc1-+2.png");
    }
  }

  @Test
  void numbersOfTheCellsAndOfTheRun() throws IOException {
    run("pca --samples 12 --components 2 --steps 2 --out", file("p.safetensors"));
    run(
        "edit --seeds 4,6 --steps 2 --direction",
        file("p.safetensors") + ":0 --strengths=-1,0,2 --images",
        file("cells"),
        "--save",
        file("c.safetensors"),
        "--json",
        file("e.json"),
        "--out",
        file("e.png"));
    try (TensorFile saved = TensorFile.open(folder.resolve("c.safetensors"));
        PointerScope scope = new PointerScope()) {
      assertArrayEquals(new long[] {2, 3, 3, 16, 16}, saved.shape("x_0"));
      assertEquals("[\"seed 4\",\"seed 6\"]", saved.metadata().get("rows"));
      assertEquals("[\"−1\",\"0\",\"+2\"]", saved.metadata().get("columns"));
      RgbImage cell = RgbImage.of(saved.tensor("x_0").select(0, 1), 2);
      assertArrayEquals(
          cell.quantized().values(), image("cells/seed-6_+2.png").values(), "row 1, column 2");
    }
    JsonObject figures = json("e.json");
    assertEquals(2, figures.get("steps").getAsInt());
    assertEquals("seed 6", figures.getAsJsonArray("images").get(1).getAsString());
    JsonObject last = figures.getAsJsonArray("edits").get(2).getAsJsonObject();
    assertEquals("+2", last.get("column").getAsString());
    assertEquals(2, last.getAsJsonObject("strengths").get("pc0").getAsDouble());
    JsonObject network = figures.getAsJsonObject("network");
    assertEquals(2, network.get("passes").getAsInt());
    assertEquals(2 * (1 + 3), network.get("encoder_rows").getAsInt(), "one x_T of each image");
    assertEquals(2 * (3 + 3), network.get("decoder_rows").getAsInt());
    assertEquals(2 * 3 * 2, network.get("rows_asked").getAsInt());
  }

  private static String hash() {
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      return model.hash();
    }
  }

  @Test
  void picturesSayWhatMadeThem() throws IOException {
    run("pca --samples 12 --components 2 --steps 2 --out", file("p.safetensors"));
    String edit =
        "--seeds 4 --steps 2 --strengths=-1,2 --direction " + file("p.safetensors") + ":0";
    run("edit", edit, "--images", file("cells"), "--out", file("e.png"));
    String hash = hash();
    for (String name : List.of("e.png", "cells/seed-4_-1.png", "cells/seed-4_+2.png")) {
      Map<String, String> texts = PngTexts.of(folder.resolve(name));
      contains(texts.get("Software"), "hspace ");
      contains(texts.get("Command"), "hspace edit --seeds 4 --steps 2", "--strengths=-1,2", "'");
      contains(texts.get("Model"), hash);
      contains(texts.get("Images"), "seed 4");
      contains(texts.get("Edits"), "pc0", name.contains("_-1") ? "−1" : "+2");
    }
  }

  @Test
  void theWayFromTheFirstColumnToTheLastIsAnAnimation() throws IOException {
    run("pca --samples 12 --components 2 --steps 2 --out", file("p.safetensors"));
    String edit = "edit --seeds 0 --steps 2 --strengths=-2,0,2 --direction ";
    edit += file("p.safetensors") + ":0 --out " + file("e.png") + " --animate ";
    run(edit + file("a.gif"));
    run(edit + file("a.png"));
    try (ImageInputStream in = ImageIO.createImageInputStream(folder.resolve("a.gif").toFile())) {
      ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
      reader.setInput(in);
      assertEquals(40, reader.getNumImages(true));
      reader.dispose();
    }
    assertTrue(ImageIO.read(folder.resolve("a.png").toFile()).getWidth() > 128, "its first frame");
    refused(arguments(edit + file("a.mp4")), "a.mp4", ".png or .gif");
  }
}
