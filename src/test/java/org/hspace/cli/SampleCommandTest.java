package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Map;
import org.hspace.image.PngTexts;
import org.hspace.image.RgbImage;
import org.junit.jupiter.api.Test;

/** {@code hspace sample} end to end. */
class SampleCommandTest extends CommandTest {
  @Test
  void picturesSayTheirSeedAndTheCommand() throws IOException {
    run("sample --seeds 3-5,9 --steps 2 --images", file("all"), "--out", file("sheet.png"));
    contains(PngTexts.of(folder.resolve("sheet.png")).get("Images"), "seed 3-5,9");
    Map<String, String> texts = PngTexts.of(folder.resolve("all/seed-9.png"));
    assertEquals("seed 9", texts.get("Images"));
    contains(texts.get("Command"), "hspace sample --seeds 3-5,9 --steps 2 --images '");
  }

  /** The paths of a seed at other numbers of steps are one; steps draw their own on request. */
  @Test
  void noiseIsNamed() throws IOException {
    String sample = "sample --seeds 1 --steps 2 --save ";
    run(sample + file("path.safetensors"));
    run(sample + file("steps.safetensors") + " --noise steps");
    CommandRun.of("info", file("path.safetensors"), "--json", file("i.json"));
    assertEquals(
        "brownian", json("i.json").getAsJsonObject("provenance").get("noise").getAsString());
    String swap = "swap --out " + file("x.png") + " --trajectory ";
    refused(
        arguments(swap + file("steps.safetensors") + " --noise brownian"),
        "--noise: expected steps",
        "found brownian");
    refused(arguments(sample + file("x.safetensors") + " --noise white"), "brownian or steps");
    refused(
        arguments(sample + file("x.safetensors") + " --noise steps --reference-seeds"), "--noise");
  }

  @Test
  void aSeedsImageIsTheSameAloneAndAmongOthers() {
    run("sample --seeds 5 --steps 4 --out", file("one.png"));
    run("sample --seeds 3-6 --steps 4 --batch 3 --images", file("all"), "--out", file("sheet.png"));
    RgbImage one = image("one.png");
    assertEquals(16, one.width());
    assertEquals(16, one.height());
    assertSamePicture("one.png", "all/seed-5.png");
    assertTrue(image("sheet.png").width() > 2 * 128);
  }
}
