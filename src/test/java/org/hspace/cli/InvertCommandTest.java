package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.junit.jupiter.api.Test;

/** {@code hspace invert} end to end. */
class InvertCommandTest extends CommandTest {
  @Test
  void inversionReportsItsRoundTrip() throws IOException {
    run("sample --seeds 2-3 --steps 4 --images", file("in"));
    String[] images = {file("in/seed-2.png"), file("in/seed-3.png")};
    CommandRun ddpm =
        run(
            "invert",
            images[0],
            "--steps 5 --eta 1 --out",
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
        "--steps 5 --out",
        file("plain.safetensors"),
        "--json",
        file("plain.json"));
    run(
        "invert",
        images[0],
        images[1],
        "--steps 5 --refine 20 --out",
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
        run("invert", file("large.png"), "--steps 2 --eta 1 --out", file("t.safetensors"));
    assertTrue(run.err().contains("40 x 30 pixels, brought to 16 x 16 (--fit crop)"), run.err());
    run =
        run(
            "invert",
            file("large.png"),
            "--fit pad --steps 2 --eta 1 --reconstruct",
            file("r.png"),
            "--out",
            file("p.safetensors"));
    assertEquals(1, image("r.png").values()[0], 0.02); // a white bar above
    assertEquals(0, image("r.png").values()[8 * 16], 0.02);
  }
}
