package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.Arrays;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.junit.jupiter.api.Test;

/** {@code hspace jacobian} end to end. */
class JacobianCommandTest extends CommandTest {
  @Test
  void jacobianDirectionsEditTheirImage() throws IOException {
    CommandRun found =
        execute(
            "jacobian --seed 3 --steps 3 --vectors 2 --mask 4,4,6,6 --out",
            file("j.safetensors"),
            "--json",
            file("j.json"));
    assertEquals(0, found.code(), found.err());
    contains(found.out(), "singular values (residual)");
    JsonObject figures = json("j.json");
    assertEquals(0, figures.getAsJsonArray("not_converged").size());
    int t = figures.getAsJsonArray("timesteps").get(0).getAsInt();
    run(
        "edit --seeds 3 --steps 3 --direction",
        file("j.safetensors") + ":1@" + t + "=5",
        "--images",
        file("e"),
        "--out",
        file("e.png"));
    assertFalse(
        Arrays.equals(
            image("e/seed-3_original.png").values(), image("e/seed-3_edited.png").values()));
    run("jacobian --steps 1 --vectors 1 --type float16 --out", file("half.safetensors"));
    contains(info("half.safetensors"), "F16 [1, 1, 16, 4, 4]");
    ImageFile.write(folder.resolve("mask.png"), new RgbImage(8, 8, new float[3 * 64]));
    String out = file("x.safetensors");
    refused(
        arguments("jacobian --mask", file("mask.png"), "--out", out),
        "mask.png",
        "16 x 16",
        "8 x 8");
    refused(arguments("jacobian --mask 4,4,20,4 --out", out), "4,4,20,4", "16 x 16");
    refused(arguments("jacobian --timesteps 17 --steps 3 --out", out), "--timesteps", "found 17");
    refused(arguments("jacobian --vectors 0 --out", out), "--vectors", "at least 1");
    refused(arguments("jacobian --max-products 0 --out", out), "--max-products", "at least 1");
    refused(arguments("jacobian --tolerance=-1 --out", out), "--tolerance", "above 0");
    refused(arguments("jacobian --steps 1 --vectors 500 --out", out), "vectors", "at most 256");
    String local = "jacobian --keep-outside 0.01 --mask 4,4,6,6 --out";
    refused(arguments("jacobian --keep-outside 0.01 --out", out), "--keep-outside", "--mask");
    refused(arguments(local, out, "--keep-outside=-1"), "--keep-outside");
    refused(arguments("jacobian --amount 0.1 --out", out), "--amount", "--keep-outside");
    refused(arguments(local, out, "--amount", "0"), "--amount", "above 0", "found 0");
    refused(arguments(local, out, "--solver power"), "--keep-outside", "--solver power");
    CommandRun hasty = execute("jacobian --steps 1 --max-products 4 --tolerance 1e-12 --out", out);
    assertEquals(0, hasty.code(), hasty.err());
    contains(hasty.out(), "NOT CONVERGED");
    contains(hasty.err(), "more --max-products");
  }

  @Test
  void localEditsStayInsideTheirMaskAndItsOutlineIsDrawn() throws IOException {
    CommandRun found =
        execute(
            "jacobian --seed 3 --steps 2 --vectors 2 --mask 4,4,6,6 --keep-outside 0.01 --amount 0.02 --out",
            file("local.safetensors"),
            "--json",
            file("local.json"));
    assertEquals(0, found.code(), found.err());
    contains(found.out(), "predicted / measured");
    JsonObject figures = json("local.json");
    assertEquals(2 * 2, figures.getAsJsonArray("vectors").size());
    JsonObject vector = figures.getAsJsonArray("vectors").get(3).getAsJsonObject();
    assertEquals(1, vector.get("vector").getAsInt());
    assertEquals(figures.getAsJsonArray("timesteps").get(1), vector.get("timestep"));
    for (String share : new String[] {"inside_predicted", "inside_measured"}) {
      double value = vector.get(share).getAsDouble();
      assertEquals(0.5, value, 0.5, share);
    }
    assertTrue(vector.get("residual").getAsDouble() <= 1e-2);
    assertFalse(figures.getAsJsonArray("edits").isEmpty());
    // Without --strengths an edit takes the amount's; the sheet says the mask and draws it.
    run(
        "edit --seeds 3 --steps 2 --direction",
        file("local.safetensors") + ":0",
        "--out",
        file("drawn.png"));
    run(
        "edit --seeds 3 --steps 2 --direction",
        file("local.safetensors") + ":0=1",
        "--direction",
        file("local.safetensors") + ":0=0",
        "--out",
        file("two.png"));
  }
}
