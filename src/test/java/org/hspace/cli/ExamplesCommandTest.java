package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** {@code hspace examples} end to end. */
class ExamplesCommandTest extends CommandTest {
  @Test
  void examplesComeFromSeedsAndFromPictures() throws IOException {
    run(
        "examples --positive-seeds 0-2 --negative-seeds 3-5 --steps 2 --name x --out",
        file("s.safetensors"),
        "--json",
        file("s.json"));
    assertEquals(3, json("s.json").get("pairs").getAsInt());
    assertTrue(json("s.json").get("spread").getAsDouble() > 0);
    run("sample --seeds 0-1 --steps 2 --images", file("with"));
    run("sample --seeds 0-1 --steps 3 --images", file("without"));
    String folders =
        "examples --positive %s --negative %s --steps 2 --name x --out"
            .formatted(file("with"), file("without"));
    run(folders, file("p.safetensors"));
    contains(info("p.safetensors"), "seed-1.png", "ddim");
    Files.writeString(
        folder.resolve("pairs.csv"),
        "positive,negative\nwith/seed-0.png,without/seed-0.png\nwith/seed-1.png,without/seed-1.png\n");
    run("examples --pairs", file("pairs.csv"), "--steps 2 --name x --out", file("q.safetensors"));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("p.safetensors")),
        Files.readAllBytes(folder.resolve("q.safetensors")));

    Files.delete(folder.resolve("without/seed-1.png"));
    refused(arguments(folders, file("x.safetensors")), "seed-1.png", "no partner");
    Files.delete(folder.resolve("without/seed-0.png"));
    refused(arguments(folders, file("x.safetensors")), "without", "PNG, JPEG", "none");
    refused(
        arguments(
            "examples --positive-seeds 0-2 --negative-seeds 3 --name x --out",
            file("x.safetensors")),
        "found 3 and 1");
    Files.writeString(folder.resolve("x.safetensors.checkpoint"), "of another run");
    refused(
        arguments(
            "examples --positive-seeds 0-2 --negative-seeds 3 --name x --out",
            file("x.safetensors")),
        "found 3 and 1");
    Files.delete(folder.resolve("x.safetensors.checkpoint"));
    refused(
        arguments("examples --positive", file("with"), "--name x --out", file("x.safetensors")),
        "--negative");
    assertFalse(Files.exists(folder.resolve("x.safetensors")));
  }

  @Test
  void pairsOfTheSamePicturesAreNoExamples() throws IOException {
    run("sample --seeds 0-1 --steps 2 --images", file("same"));
    String folders = "--positive " + file("same") + " --negative " + file("same");
    refused(
        arguments("examples", folders, "--steps 2 --name x --out", file("p.safetensors")),
        "the same with and without");
    refused(
        arguments(
            "examples --positive-seeds 3,4 --negative-seeds 4,3 --steps 2 --name x --out",
            file("q.safetensors")),
        "the same with and without");
  }

  @Test
  void onePairSaysNothingOfScatter() {
    CommandRun run =
        run(
            "examples --positive-seeds 3 --negative-seeds 4 --steps 2 --name x --out",
            file("p.safetensors"));
    contains(run.out(), "x: 1 pair, which says nothing");
  }
}
