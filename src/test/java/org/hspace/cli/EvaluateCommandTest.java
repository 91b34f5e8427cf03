package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import org.hspace.model.TinyClassifier;
import org.junit.jupiter.api.Test;

/** {@code hspace evaluate} of principal components. */
class EvaluateCommandTest extends CommandTest {
  private static final String CLASSIFIER = TinyClassifier.DIRECTORY.toString();

  @Test
  void componentsAreLabelledAndComparedWithRandomOnes() throws IOException {
    run(
        "pca",
        "--samples",
        "12",
        "--components",
        "2",
        "--steps",
        "2",
        "--scope",
        "trajectory",
        "--out",
        file("p.safetensors"));
    String p = file("p.safetensors");
    contains(
        run(
                "evaluate",
                "--label",
                p,
                "--samples",
                "4",
                "--classifier",
                CLASSIFIER,
                "--json",
                file("l.json"))
            .out(),
        "bald",
        "r = ");
    for (var row : json("l.json").getAsJsonArray("correlation")) {
      for (var r : row.getAsJsonArray()) assertTrue(Math.abs(r.getAsDouble()) <= 1 + 1e-12);
    }
    contains(
        run(
                "evaluate",
                "--against-random",
                p,
                "--samples",
                "3",
                "--steps",
                "2",
                "--classifier",
                CLASSIFIER,
                "--json",
                file("f.json"))
            .out(),
        "times as much");
    assertTrue(json("f.json").get("semantic_factor").getAsDouble() > 0);
    refused(
        arguments("evaluate", "--label", p, "--components", "3", "--classifier", CLASSIFIER),
        "--components",
        "1 to 2",
        "found 3",
        p);
    refused(
        arguments("direction", "merge", p, "--only", "3", "--out", file("x.safetensors")),
        "--only",
        "1 to 2",
        "found 3",
        p);
    refused(
        arguments("edit", "--direction", p + ":2", "--out", file("x.png")), "0 to 1", "found 2", p);
    assertFalse(Files.exists(folder.resolve("x.safetensors")));
  }
}
