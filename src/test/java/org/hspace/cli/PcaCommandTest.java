package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.PcaOptions;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.SamplingOptions;
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
}
