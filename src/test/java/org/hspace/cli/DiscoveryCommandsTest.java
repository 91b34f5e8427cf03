package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.hspace.app.Seeds;
import org.hspace.app.discover.AttributeDiscovery;
import org.hspace.app.discover.Discovery;
import org.hspace.app.discover.ExampleDiscovery;
import org.hspace.pipeline.Conditioning;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.ModelOptions;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.StepNoise;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands that a discovery prints do what it does itself. */
class DiscoveryCommandsTest {
  @TempDir Path temporary;
  private Path mine;
  private Path theirs;

  @BeforeEach
  void makeFolders() throws IOException {
    mine = Files.createDirectory(temporary.resolve("mine"));
    theirs = Files.createDirectory(temporary.resolve("theirs"));
  }

  /** Cancels when so much is done. */
  private record Patience(long most) implements Discovery.Listener {
    @Override
    public Progress stage(String what) {
      long[] seen = {0};
      return new Progress() {
        @Override
        public void update(long done, long total, String unit) {
          seen[0] = done;
        }

        @Override
        public boolean cancelled() {
          return seen[0] >= most;
        }

        @Override
        public void warn(String message) {
          throw new AssertionError(message);
        }
      };
    }

    @Override
    public void soFar(DirectionSet directions, Map<String, Object> figures) {}
  }

  private static void run(List<String> words, Path model) {
    List<String> all = new ArrayList<>(words);
    all.addAll(List.of("--threads", "1", "--model", model.toString()));
    CommandRun run = CommandRun.of(all.toArray(new String[0]));
    assertEquals(0, run.code(), all + ": " + run.err());
  }

  private static void assertSameFile(Path expected, Path found) throws IOException {
    assertArrayEquals(Files.readAllBytes(expected), Files.readAllBytes(found), found.toString());
  }

  @Test
  void annotationsGoOnFromACancelledJob() throws IOException {
    Path directory = TinyModel.copy(TinyModel.DIRECTORY, temporary.resolve("tiny"));
    TinyModel.copy(TinyClassifier.DIRECTORY, directory.resolve("classifier"));
    SamplingOptions sampling =
        SamplingOptions.DEFAULT.withSteps(2).withBatch(12).withNoise(StepNoise.STEPS);
    Discovery discovery = new AttributeDiscovery("faces", 500, false, sampling);
    TinyModel.open(org.hspace.pipeline.DType.FLOAT32).close(); // settles the threads
    try (Model model = Model.open(directory, ModelOptions.DEFAULT)) {
      Discovery.Listener patient = new Patience(Long.MAX_VALUE);
      discovery.run(model, theirs, patient);
      Discovery.Listener impatient = new Patience(120);
      assertThrows(CancellationException.class, () -> discovery.run(model, mine, impatient));
    }
    assertFalse(Files.exists(mine.resolve("faces.csv")));
    try (var parts = Files.list(mine.resolve("faces.csv.h"))) {
      assertTrue(parts.findAny().isPresent(), "there is something to go on from");
    }
    for (List<String> words : discovery.commands(mine)) run(words, directory);
    assertSameFile(theirs.resolve("faces.csv"), mine.resolve("faces.csv"));
    assertSameFile(discovery.file(theirs), discovery.file(mine));
  }

  @ParameterizedTest
  @CsvSource({
    "sd, a cat's hat, glasses, 3.5",
    "sd, -1 hats, '', 7.5",
    "sd, a hat, , 1",
    "sd, '', , 1",
    "sdxl, a hat, , 3"
  })
  void examplesAreOfTheSamePrompt(String kind, String prompt, String negative, double guidance)
      throws IOException {
    Path directory = TinyModel.GOLDEN.resolve(kind + "-pipeline");
    TinyModel.open(org.hspace.pipeline.DType.FLOAT32).close(); // settles the threads
    Discovery discovery;
    try (Model model = Model.open(directory, ModelOptions.DEFAULT)) {
      Conditioning plain = Conditioning.of(model.prompt(prompt));
      Conditioning asked =
          guidance == 1
              ? plain
              : plain.guided(negative == null ? null : model.prompt(negative), guidance);
      SamplingOptions sampling = SamplingOptions.DEFAULT.withSteps(2).withConditioning(asked);
      discovery = new ExampleDiscovery("found", Seeds.parse("0,2"), Seeds.parse("1,3"), sampling);
      discovery.run(model, theirs, new Patience(Long.MAX_VALUE));
    }
    for (List<String> words : discovery.commands(mine)) run(words, directory);
    assertSameFile(discovery.file(theirs), discovery.file(mine));
  }
}
