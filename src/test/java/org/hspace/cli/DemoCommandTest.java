package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code hspace demo} end to end. */
class DemoCommandTest extends CommandTest {
  @Test
  void theDemonstrationLeavesItsPictures() throws IOException {
    CommandRun run =
        run("demo --out", file("demo"), "--steps 2 --samples 16 --json", file("d.json"));
    for (String name :
        List.of(
            "poster.png", "samples.png", "components.png", "component-0.png", "inversion.png")) {
      assertTrue(image("demo/" + name).width() > 256, name);
      String page = Files.readString(folder.resolve("demo/index.html"));
      assertTrue(page.contains(name), name);
      assertFalse(page.contains("alt=\"\""), "pictures without a text");
      contains(page, "<h2", "hspace sample --seeds 0-23 --steps 2", "hspace pca --samples 16");
    }
    assertTrue(run.out().contains("index.html"), run.out());
    try (Stream<Path> files = Files.list(folder.resolve("demo"))) {
      assertTrue(files.noneMatch(f -> f.toString().contains(".tmp-")));
    }
  }
}
