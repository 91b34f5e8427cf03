package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.PcaOptions;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.model.DType;
import org.hspace.model.Model;
import org.hspace.model.TinyModel;
import org.hspace.trajectory.SamplingOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands end to end on a tiny model, through real files. */
class CommandsTest {
  @TempDir Path folder;

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private static CommandRun run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--threads", "1", "--model", TinyModel.DIRECTORY.toString()));
    CommandRun run = CommandRun.of(all.toArray(new String[0]));
    assertEquals(0, run.code(), run.err());
    return run;
  }

  private JsonObject json(String name) throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve(name))).getAsJsonObject();
  }

  private RgbImage image(String name) {
    return ImageFile.read(folder.resolve(name));
  }

  @Test
  void aSeedsImageIsTheSameAloneAndAmongOthers() {
    run("sample", "--seeds", "5", "--steps", "4", "--out", file("one.png"));
    run(
        "sample",
        "--seeds",
        "3-6",
        "--steps",
        "4",
        "--batch",
        "3",
        "--images",
        file("all"),
        "--out",
        file("sheet.png"));
    RgbImage one = image("one.png");
    assertEquals(16, one.width());
    assertEquals(16, one.height());
    float[] among = image("all/seed-5.png").values();
    for (int i = 0; i < among.length; i++) {
      assertEquals(one.values()[i], among[i], 1.01 / 127.5); // rounding may tip one level
    }
    assertTrue(image("sheet.png").width() > 2 * 128);
  }

  @Test
  void aSavedTrajectoryIsEditedLikeItsSeeds() throws IOException {
    run("sample", "--seeds", "0,7", "--steps", "4", "--save", file("t.safetensors"));
    run(
        "pca",
        "--samples",
        "12",
        "--components",
        "3",
        "--steps",
        "4",
        "--out",
        file("p.safetensors"),
        "--json",
        file("p.json"));
    String[] edit = {"--direction", file("p.safetensors") + ":1", "--strengths=-2,0,2"};
    run(
        "edit",
        "--trajectory",
        file("t.safetensors"),
        edit[0],
        edit[1],
        edit[2],
        "--images",
        file("a"),
        "--out",
        file("a.png"));
    run(
        "edit",
        "--seeds",
        "0,7",
        "--steps",
        "4",
        edit[0],
        edit[1],
        edit[2],
        "--images",
        file("b"),
        "--out",
        file("b.png"));
    run("sample", "--seeds", "0,7", "--steps", "4", "--images", file("plain"));
    for (int row = 0; row < 2; row++) {
      String cell = "/row-" + row + "-column-";
      for (int column = 0; column < 3; column++) {
        assertArrayEquals(
            image("a" + cell + column + ".png").values(),
            image("b" + cell + column + ".png").values());
      }
      assertArrayEquals(
          image("plain/seed-" + 7 * row + ".png").values(), image("a" + cell + "1.png").values());
      assertFalse(
          java.util.Arrays.equals(
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
        "pca",
        "--samples",
        "12",
        "--components",
        "2",
        "--steps",
        "3",
        "--scope",
        "trajectory",
        "--out",
        file("p.safetensors"));
    run(
        "edit",
        "--seeds",
        "1",
        "--steps",
        "3",
        "--direction",
        file("p.safetensors") + ":pc0=2",
        "--direction",
        file("p.safetensors") + ":1=-1",
        "--images",
        file("fixed"),
        "--out",
        file("fixed.png"));
    run(
        "edit",
        "--seeds",
        "1",
        "--steps",
        "3",
        "--direction",
        file("p.safetensors") + ":0",
        "--direction",
        file("p.safetensors") + ":1=-1",
        "--strengths=2",
        "--images",
        file("free"),
        "--out",
        file("free.png"));
    assertArrayEquals(
        image("fixed/row-0-column-1.png").values(), image("free/row-0-column-0.png").values());
    run("sample", "--seeds", "1", "--steps", "3", "--out", file("plain.png"));
    assertArrayEquals(image("plain.png").values(), image("fixed/row-0-column-0.png").values());
  }

  @Test
  void directionsShareAGridOneByOneOrInSequence() {
    run(
        "pca",
        "--samples",
        "12",
        "--components",
        "2",
        "--steps",
        "3",
        "--out",
        file("p.safetensors"));
    String first = file("p.safetensors") + ":0";
    String second = file("p.safetensors") + ":1";
    String[] seeds = {"--seeds", "0-1", "--steps", "3"};
    run(
        "edit",
        seeds[0],
        seeds[1],
        seeds[2],
        seeds[3],
        "--direction",
        first,
        "--direction",
        second,
        "--each",
        "--strengths=-2,2",
        "--images",
        file("each"),
        "--out",
        file("each.png"));
    run(
        "edit",
        seeds[0],
        seeds[1],
        seeds[2],
        seeds[3],
        "--direction",
        second,
        "--strengths=-2,2",
        "--images",
        file("alone"),
        "--out",
        file("alone.png"));
    run(
        "edit",
        seeds[0],
        seeds[1],
        seeds[2],
        seeds[3],
        "--direction",
        first + "=1",
        "--direction",
        second + "=2",
        "--sequential",
        "--images",
        file("steps"),
        "--out",
        file("steps.png"));
    run(
        "edit",
        seeds[0],
        seeds[1],
        seeds[2],
        seeds[3],
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
        assertArrayEquals( // rows of --each: image 0 along both directions, then image 1
            image("alone/row-" + row + "-column-" + column + ".png").values(),
            image("each/row-" + (2 * row + 1) + "-column-" + column + ".png").values());
      }
      assertArrayEquals(
          image("both/row-" + row + "-column-0.png").values(),
          image("steps/row-" + row + "-column-0.png").values());
      assertArrayEquals(
          image("both/row-" + row + "-column-1.png").values(),
          image("steps/row-" + row + "-column-2.png").values());
    }
  }

  @Test
  void inversionReportsItsRoundTrip() throws IOException {
    run("sample", "--seeds", "2-3", "--steps", "4", "--images", file("in"));
    String[] images = {file("in/seed-2.png"), file("in/seed-3.png")};
    CommandRun ddpm =
        run(
            "invert",
            images[0],
            "--steps",
            "5",
            "--eta",
            "1",
            "--out",
            file("one.safetensors"),
            "--reconstruct",
            file("one.png"),
            "--json",
            file("one.json"));
    assertTrue(ddpm.out().contains("PSNR"), ddpm.out());
    assertTrue(json("one.json").get("psnr").getAsDouble() > 60);
    assertArrayEquals(image("in/seed-2.png").values(), image("one.png").values());
    run(
        "invert",
        images[0],
        images[1],
        "--steps",
        "5",
        "--out",
        file("plain.safetensors"),
        "--json",
        file("plain.json"));
    run(
        "invert",
        images[0],
        images[1],
        "--steps",
        "5",
        "--refine",
        "20",
        "--out",
        file("fine.safetensors"),
        "--json",
        file("fine.json"));
    assertEquals("ddim", json("plain.json").get("method").getAsString());
    assertEquals(2, json("fine.json").getAsJsonArray("images").size());
    assertTrue(
        json("fine.json").get("psnr").getAsDouble()
            > json("plain.json").get("psnr").getAsDouble() + 3);
  }

  @Test
  void imagesOfAnotherSizeAreFittedAndThatIsSaid() {
    float[] values = new float[3 * 40 * 30];
    ImageFile.write(folder.resolve("large.png"), new RgbImage(40, 30, values));
    CommandRun run =
        run(
            "invert",
            file("large.png"),
            "--steps",
            "2",
            "--eta",
            "1",
            "--out",
            file("t.safetensors"));
    assertTrue(
        run.err().contains("40 x 30 pixels, cut to the centre and resized to 16 x 16"), run.err());
  }

  @Test
  void anInterruptedPcaGoesOnToTheSameBits() throws IOException {
    String[] options = {
      "pca",
      "--samples",
      "24",
      "--components",
      "2",
      "--steps",
      "2",
      "--batch",
      "1",
      "--out",
      file("p.safetensors")
    };
    run(options);
    byte[] whole = Files.readAllBytes(folder.resolve("p.safetensors"));
    Path checkpoint = folder.resolve("p.safetensors.checkpoint");
    interrupt(checkpoint);
    CommandRun resumed = run(options);
    assertTrue(resumed.err().contains("going on from " + checkpoint), resumed.err());
    assertArrayEquals(whole, Files.readAllBytes(folder.resolve("p.safetensors")));
    assertFalse(Files.exists(checkpoint));

    interrupt(checkpoint);
    CommandRun other =
        CommandRun.of(
            "pca",
            "--threads",
            "1",
            "--model",
            TinyModel.DIRECTORY.toString(),
            "--samples",
            "30",
            "--components",
            "2",
            "--steps",
            "2",
            "--out",
            file("p.safetensors"));
    assertEquals(2, other.code());
    assertTrue(other.err().contains("--no-resume starts over"), other.err());
    assertFalse(
        run(
                "pca",
                "--samples",
                "30",
                "--components",
                "2",
                "--steps",
                "2",
                "--out",
                file("p.safetensors"),
                "--no-resume")
            .err()
            .contains("going on"));
  }

  /** The same PCA as the command's, stopped after two thirds. */
  private static void interrupt(Path checkpoint) {
    PcaOptions options =
        PcaOptions.DEFAULT
            .withComponents(2)
            .withSamples(24)
            .withSampling(SamplingOptions.DEFAULT.withSteps(2).withBatch(1))
            .withCheckpoint(checkpoint, 8);
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      assertThrows(
          IllegalStateException.class,
          () ->
              new GlobalPca(model)
                  .run(
                      options,
                      (done, total, unit) -> {
                        if (done == 18) {
                          throw new IllegalStateException("killed");
                        }
                      }));
    }
    assertTrue(Files.exists(checkpoint));
  }

  @Test
  void infoTellsWhatThingsAre() throws IOException {
    run(
        "sample",
        "--seeds",
        "0-1",
        "--steps",
        "2",
        "--save",
        file("t.safetensors"),
        "--json",
        file("s.json"));
    CommandRun ofFile = CommandRun.of("info", file("t.safetensors"), "--json", file("f.json"));
    assertEquals(0, ofFile.code(), ofFile.err());
    assertEquals("hspace-trajectory", json("f.json").get("format").getAsString());
    assertEquals(
        "float [2, 3, 16, 16]", json("f.json").getAsJsonObject("tensors").get("x_0").getAsString());
    run("info", "--json", file("m.json"));
    assertEquals(
        16,
        json("m.json").getAsJsonObject("h_space_shapes").getAsJsonArray("after").get(0).getAsInt());
    assertEquals(64, json("m.json").get("hash").getAsString().length());
    assertEquals(
        json("m.json").get("hash").getAsString(),
        json("f.json").getAsJsonObject("provenance").get("model_hash").getAsString());
    CommandRun machine = CommandRun.of("info");
    assertTrue(
        machine.out().contains("libtorch: ") && machine.out().contains("devices: [cpu"),
        machine.out());
  }

  @Test
  void theDemonstrationLeavesItsPictures() throws IOException {
    CommandRun run =
        run(
            "demo",
            "--out",
            file("demo"),
            "--steps",
            "2",
            "--samples",
            "16",
            "--json",
            file("d.json"));
    for (String name :
        List.of(
            "poster.png", "samples.png", "components.png", "component-0.png", "inversion.png")) {
      assertTrue(image("demo/" + name).width() > 256, name);
      String page = Files.readString(folder.resolve("demo/index.html"));
      assertTrue(name.equals("poster.png") || page.contains(name), name);
    }
    assertTrue(run.out().contains("index.html"), run.out());
    try (Stream<Path> files = Files.list(folder.resolve("demo"))) {
      assertTrue(files.noneMatch(f -> f.toString().contains(".tmp-")));
    }
  }
}
