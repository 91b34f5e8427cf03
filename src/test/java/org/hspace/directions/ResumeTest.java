package org.hspace.directions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.model.Classifier;
import org.hspace.model.DType;
import org.hspace.model.Model;
import org.hspace.model.TinyClassifier;
import org.hspace.model.TinyModel;
import org.hspace.nativelib.HspaceException;
import org.hspace.trajectory.Progress;
import org.hspace.trajectory.SamplingOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that are interrupted and started again end with the same bytes as runs that are not. */
class ResumeTest {
  private static final SamplingOptions SAMPLING = SamplingOptions.DEFAULT.withSteps(2).withBatch(4);

  @TempDir Path folder;
  private Model model;
  private Classifier classifier;

  @BeforeEach
  void open() {
    model = TinyModel.open(DType.FLOAT32);
    classifier = TinyClassifier.open();
  }

  @AfterEach
  void close() {
    classifier.close();
    model.close();
  }

  /** Stops the run when so many are done. */
  private static Progress killedAt(long count) {
    return (done, total, unit) -> {
      if (done == count) throw new IllegalStateException("killed");
    };
  }

  private void annotate(String table, int samples, Progress progress) {
    AnnotationOptions options = new AnnotationOptions(samples, 7, SAMPLING, ScalarType.Half, 8);
    new Annotator(model, classifier).run(options, folder.resolve(table), progress);
  }

  private List<Path> parts(String table) throws IOException {
    try (Stream<Path> all = Files.list(folder.resolve(table + ".h"))) {
      return all.sorted().toList();
    }
  }

  @Test
  void annotations() throws IOException {
    annotate("whole.csv", 20, Progress.NONE);
    assertThrows(IllegalStateException.class, () -> annotate("killed.csv", 20, killedAt(8)));
    assertEquals(1, parts("killed.csv").size());
    assertFalse(Files.exists(folder.resolve("killed.csv")));
    Path first = parts("killed.csv").get(0);
    Object kept = Files.getLastModifiedTime(first);
    annotate("killed.csv", 20, Progress.NONE);
    assertEquals(kept, Files.getLastModifiedTime(first), "what was done is not done again");
    List<Path> expected = parts("whole.csv");
    List<Path> found = parts("killed.csv");
    assertEquals(3, expected.size());
    for (int i = 0; i < 3; i++)
      assertArrayEquals(Files.readAllBytes(expected.get(i)), Files.readAllBytes(found.get(i)));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("whole.csv")),
        Files.readAllBytes(folder.resolve("killed.csv")));
  }

  @Test
  void moreAnnotationsKeepThoseThatAreThere() throws IOException {
    annotate("a.csv", 12, Progress.NONE); // the second part is half full
    annotate("a.csv", 20, Progress.NONE);
    annotate("b.csv", 20, Progress.NONE);
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("b.csv")), Files.readAllBytes(folder.resolve("a.csv")));
  }

  private void examples(String file, int chunk, Progress progress) {
    Path out = folder.resolve(file);
    ExampleOptions options = new ExampleOptions("x", chunk, folder.resolve(file + ".checkpoint"));
    long[] positive = LongStream.range(0, 7).toArray();
    long[] negative = LongStream.range(20, 27).toArray();
    try (DirectionSet found =
        new ExampleDirections(model).ofSeeds(positive, negative, SAMPLING, options, progress)) {
      found.save(out);
    }
  }

  @Test
  void examplesInterrupted() throws IOException {
    examples("whole", 2, Progress.NONE);
    assertThrows(IllegalStateException.class, () -> examples("killed", 2, killedAt(4)));
    assertTrue(Files.exists(folder.resolve("killed.checkpoint")));
    String message =
        assertThrows(HspaceException.class, () -> examples("killed", 3, Progress.NONE))
            .getMessage();
    assertTrue(message.contains("killed.checkpoint") && message.contains("another run"), message);
    long[] from = {-1};
    examples("killed", 2, (done, total, unit) -> from[0] = from[0] < 0 ? done : from[0]);
    assertEquals(4, from[0], "goes on where it stopped");
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("whole")), Files.readAllBytes(folder.resolve("killed")));
  }
}
