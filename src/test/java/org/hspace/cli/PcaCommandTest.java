package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.PcaOptions;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.junit.jupiter.api.Test;

/** {@code hspace pca}, interrupted. */
class PcaCommandTest extends CommandTest {
  @Test
  void anInterruptedPcaGoesOnToTheSameBits() throws IOException {
    String command =
        "pca --samples 24 --components 2 --steps 2 --batch 1 --out " + file("p.safetensors");
    run(command);
    byte[] whole = Files.readAllBytes(folder.resolve("p.safetensors"));
    Path checkpoint = folder.resolve("p.safetensors.checkpoint");
    interrupt(checkpoint);
    CommandRun resumed = run(command);
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
        run("pca --samples 30 --components 2 --steps 2 --out", file("p.safetensors"), "--no-resume")
            .err()
            .contains("going on"));
  }

  @Test
  void rotatedComponentsSayHowStableTheyAre() throws IOException {
    CommandRun rotated =
        run(
            "pca --samples 24 --components 3 --steps 2 --rotate ica --restarts 3 --out",
            file("ica.safetensors"),
            "--json",
            file("ica.json"),
            "--plot",
            file("ica.png"));
    contains(rotated.out(), "ic0", "ic2", "stability");
    assertEquals(3, json("ica.json").getAsJsonArray("stability").size());
    assertEquals("ica", json("ica.json").get("rotation").getAsString());
    assertTrue(Files.size(folder.resolve("ica.png")) > 1000);
    String command = "pca --samples 24 --components 3 --steps 2 --out " + file("x.safetensors");
    refused(arguments(command, "--rotate ica --scope timestep"), "rotate", "trajectory");
    refused(arguments(command, "--rotate quartimax"), "ica", "varimax", "quartimax");
    refused(arguments(command, "--restarts 3"), "--restarts", "--rotate");
  }

  @Test
  void keptSamplesGiveTheSameComponentsAndLabelsAsDrawnOnes() throws IOException {
    String classifier = "--classifier " + TinyClassifier.DIRECTORY;
    run("annotate --samples 14 --steps 2 --out", file("a.csv"), classifier);
    String components = "pca --components 2 --scope trajectory --json " + file("p.json") + " --out";
    run(components, file("drawn.safetensors"), "--samples 14 --steps 2");
    JsonArray drawn = json("p.json").getAsJsonArray("explained_variance").get(0).getAsJsonArray();
    run(components, file("kept.safetensors"), "--annotations", file("a.csv"));
    JsonArray kept = json("p.json").getAsJsonArray("explained_variance").get(0).getAsJsonArray();
    assertEquals(14, json("p.json").get("samples").getAsInt());
    for (int k = 0; k < 2; k++) {
      double expected = drawn.get(k).getAsDouble();
      assertEquals(expected, kept.get(k).getAsDouble(), 1e-2 * expected); // kept in float16
    }
    String label = "evaluate --json " + file("l.json") + " --label " + file("drawn.safetensors");
    run(label, "--samples 14 --first-seed 0", classifier);
    double direct = firstLabel();
    run(label, "--annotations", file("a.csv"), classifier);
    assertEquals(direct, firstLabel(), 2e-2);
    refused(
        arguments(components, file("x.safetensors"), "--annotations", file("a.csv"), "--steps 3"),
        "--steps",
        "no effect beside --annotations");
    refused(
        arguments(components, file("x.safetensors"), "--samples 15 --annotations", file("a.csv")),
        "at most the 14",
        "found 15");
  }

  private double firstLabel() throws IOException {
    return json("l.json")
        .getAsJsonArray("labels")
        .get(0)
        .getAsJsonObject()
        .get("correlation")
        .getAsDouble();
  }

  /** The same PCA as the command's, stopped after two thirds. */
  private static void interrupt(Path checkpoint) {
    PcaOptions options =
        PcaOptions.DEFAULT
            .withComponents(2)
            .withSamples(24)
            .withSampling(SamplingOptions.DEFAULT.withSteps(2).withBatch(1))
            .withCheckpoint(checkpoint, Duration.ZERO);
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
}
