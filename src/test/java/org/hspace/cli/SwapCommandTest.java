package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** {@code hspace swap} end to end. */
class SwapCommandTest extends CommandTest {
  @Test
  void swapsShowEveryPair() {
    run("swap", "--seeds", "1,4", "--steps", "2", "--out", file("swap.png"));
    assertTrue(image("swap.png").width() > 2 * 128);
    run("sample", "--seeds", "1,4", "--steps", "2", "--save", file("t.safetensors"));
    run("swap", "--trajectory", file("t.safetensors"), "--out", file("saved.png"));
    assertArrayEquals(image("swap.png").values(), image("saved.png").values());
    refused(arguments("swap", "--seeds", "1", "--out", file("x.png")), "2 to 12", "found 1");
  }
}
