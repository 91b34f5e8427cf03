package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** {@code hspace swap} end to end. */
class SwapCommandTest extends CommandTest {
  @Test
  void swapsShowEveryPair() throws IOException {
    run("swap --seeds 1,4 --steps 2 --out", file("swap.png"));
    assertTrue(image("swap.png").width() > 2 * 128);
    run("sample --seeds 1,4 --steps 2 --save", file("t.safetensors"));
    run("swap --trajectory", file("t.safetensors"), "--out", file("saved.png"));
    assertArrayEquals(image("swap.png").values(), image("saved.png").values());
    run(
        "swap --seeds 1,4 --steps 2 --out",
        file("swap.png"),
        "--save",
        file("cells.safetensors"),
        "--json",
        file("s.json"));
    contains(info("cells.safetensors"), "x_0", "[2, 2, 3, 16, 16]");
    assertEquals("seed 4", json("s.json").getAsJsonArray("images").get(1).getAsString());
    String saved = "swap --trajectory " + file("t.safetensors") + " --out " + file("same.png");
    run(saved, "--steps 2 --eta 1 --h-space after");
    refused(arguments(saved, "--steps 3"), "--steps", "expected 2", "t.safetensors", "found 3");
    refused(arguments(saved, "--eta 0"), "--eta", "t.safetensors");
    refused(arguments(saved, "--h-space before"), "--h-space", "after", "before");
    refused(arguments(saved, "--reference-seeds"), "--reference-seeds", "t.safetensors");
    refused(arguments("swap --seeds 1 --out", file("x.png")), "2 to 12", "found 1");
  }
}
