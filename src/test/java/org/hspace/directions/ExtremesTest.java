package org.hspace.directions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Annotations that keep the h of extremes alone, beside those that keep all. */
class ExtremesTest {
  private static final SamplingOptions SAMPLING = SamplingOptions.DEFAULT.withSteps(2).withBatch(4);
  private static final int SAMPLES = 36; // the last of five parts is half full

  @TempDir Path folder;
  private Model model;
  private Classifier classifier;
  private Annotator annotator;

  @BeforeEach
  void open() {
    model = TinyModel.open(DType.FLOAT32);
    classifier = TinyClassifier.open();
    annotator = new Annotator(model, classifier);
  }

  @AfterEach
  void close() {
    classifier.close();
    model.close();
  }

  private static AnnotationOptions options(int samples, int keep) {
    return new AnnotationOptions(samples, 7, SAMPLING, ScalarType.Float, 8, keep, Duration.ZERO);
  }

  private Annotations annotate(String table, int samples, int keep, Progress progress) {
    return annotator.run(options(samples, keep), folder.resolve(table), progress);
  }

  /** The h that a table keeps, by the number of the sample. */
  private static Map<Integer, double[]> kept(Annotations annotations) {
    Map<Integer, double[]> kept = new TreeMap<>();
    annotations.forEachKept(
        (rows, h) -> {
          for (int i = 0; i < rows.length; i++) kept.put(rows[i], Tensors.doubles(h.select(0, i)));
        });
    return kept;
  }

  /** The n highest and lowest of each attribute, by sorting. */
  private static Set<Integer> extremes(Annotations annotations, int n) {
    Set<Integer> rows = new TreeSet<>();
    for (String label : annotations.labels()) {
      double[] scores = annotations.scores(label);
      List<Integer> order =
          new ArrayList<>(IntStream.range(0, annotations.size()).boxed().toList());
      order.sort(Comparator.comparingDouble(row -> scores[row]));
      rows.addAll(order.subList(0, n));
      rows.addAll(order.subList(order.size() - n, order.size()));
    }
    return rows;
  }

  private double[] direction(Annotations annotations, int n, boolean regression) {
    AttributeOptions options = new AttributeOptions("smile", n, null, regression);
    try (DirectionSet set = new AttributeDirections(model).run(annotations, options)) {
      return Tensors.doubles(set.directions());
    }
  }

  private Map<String, byte[]> files(String table) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(folder.resolve(table + ".h"))) {
      for (Path file : all.toList())
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
    }
    return files;
  }

  private void assertSameFiles(String expected, String found) throws IOException {
    Map<String, byte[]> wanted = files(expected);
    Map<String, byte[]> there = files(found);
    assertEquals(wanted.keySet(), there.keySet());
    wanted.forEach((name, bytes) -> assertArrayEquals(bytes, there.get(name), name));
    assertEquals(-1, Files.mismatch(folder.resolve(expected), folder.resolve(found)));
  }

  @Test
  void theyMakeTheSameDirections() throws IOException {
    Annotations all = annotate("all.csv", SAMPLES, 0, Progress.NONE);
    Annotations few = annotate("few.csv", SAMPLES, 2, Progress.NONE);
    assertEquals(-1, Files.mismatch(folder.resolve("all.csv"), folder.resolve("few.csv")));
    assertTrue(all.whole());
    assertFalse(few.whole());
    Map<Integer, double[]> expected = kept(all);
    Map<Integer, double[]> found = kept(few);
    assertEquals(SAMPLES, expected.size());
    assertEquals(extremes(all, 2), found.keySet());
    found.forEach((row, h) -> assertArrayEquals(expected.get(row), h));

    Annotations opened = Annotations.open(folder.resolve("few.csv"), model);
    assertArrayEquals(direction(all, 2, false), direction(opened, 2, false));
    double[] slope = direction(all, 2, true);
    double size = Arrays.stream(slope).map(Math::abs).max().orElseThrow();
    assertArrayEquals(slope, direction(opened, 2, true), 1e-6 * size); // written in float32
  }

  @Test
  void whatWasNotKeptIsSaid() throws IOException {
    annotate("few.csv", SAMPLES, 2, Progress.NONE);
    Path table = folder.resolve("few.csv");
    Annotations few = Annotations.open(table, model);
    refused(() -> few.forEachPart((first, h) -> {}), "--keep all");
    refused(() -> direction(few, 9, false), "not kept; ask for fewer");
    assertTrue(few.keeps(new AttributeOptions("smile", 2, null, false)));
    assertFalse(few.keeps(new AttributeOptions("smile", 9, null, false)));
    String text = Files.readString(table);
    Files.writeString(table, text.replaceFirst("\n7,[^,]*,", "\n7,0.125,"));
    Annotations edited = Annotations.open(table, model);
    direction(edited, 2, false);
    refused(() -> direction(edited, 2, true), "the scores that the classifier gave");
  }

  private static void refused(Runnable run, String part) {
    String message = assertThrows(HspaceException.class, run::run).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void soFewSamplesThatAllAreExtremesAreKeptWhole() throws IOException {
    annotate("all.csv", 12, 0, Progress.NONE);
    assertTrue(annotate("few.csv", 12, 6, Progress.NONE).whole());
    assertEquals(files("all.csv").keySet(), files("few.csv").keySet());
  }

  @Test
  void interruptedOrContinuedTheyEndWithTheSameBits() throws IOException {
    annotate("whole.csv", SAMPLES, 1, Progress.NONE);
    for (int end : new int[] {8, 24, 36}) {
      String table = "killed-" + end + ".csv";
      Progress kill =
          (done, total, unit) -> {
            if (done == end) throw new IllegalStateException("killed");
          };
      assertThrows(IllegalStateException.class, () -> annotate(table, SAMPLES, 1, kill));
      annotate(table, SAMPLES, 1, Progress.NONE);
      assertSameFiles("whole.csv", table);
    }
    annotate("more.csv", 20, 1, Progress.NONE);
    annotate("more.csv", SAMPLES, 1, Progress.NONE);
    assertSameFiles("whole.csv", "more.csv");
    annotate("more.csv", SAMPLES, 1, Progress.NONE);
    assertSameFiles("whole.csv", "more.csv");
    Files.delete(folder.resolve("more.csv.h/part-00001.safetensors"));
    annotate("more.csv", SAMPLES, 1, Progress.NONE);
    assertSameFiles("whole.csv", "more.csv");
  }

  @Test
  void statisticsOfWhatIsDoneAreNotTakenTwice() throws IOException {
    List<Long> begun = new ArrayList<>();
    Progress kill =
        (done, total, unit) -> {
          if (done == 24) throw new IllegalStateException("killed");
        };
    assertThrows(IllegalStateException.class, () -> annotate("a.csv", SAMPLES, 1, kill));
    byte[] first = files("a.csv").get("part-00000.safetensors");
    annotate("a.csv", SAMPLES, 1, (done, total, unit) -> begun.add(done));
    assertEquals(List.of(8L, 16L, 24L, 32L, 36L), begun);
    assertTrue(first.length >= files("a.csv").get("part-00000.safetensors").length);
  }

  /** As on a cluster: scores come by waves, h stay behind and are drawn again. */
  private final class Afar implements AnnotationSamples {
    private final AnnotationSamples here;

    Afar(AnnotationSamples here) {
      this.here = here;
    }

    @Override
    public void score(List<long[]> parts, boolean whole, Sink sink) {
      for (int first = 0; first < parts.size(); first += 2) {
        List<Scored> wave = new ArrayList<>();
        try (ScoreStatistics sum =
            new ScoreStatistics(classifier.labels().size(), 2 * 16 * 4 * 4)) {
          here.score(
              parts.subList(first, Math.min(first + 2, parts.size())),
              false,
              (scored, statistics) -> {
                wave.add(new Scored(scored.get(0).scores(), null));
                try (ScoreStatistics sent = ScoreStatistics.of(statistics.state())) {
                  sum.merge(sent);
                }
              });
          sink.accept(wave, sum);
        }
      }
    }

    @Override
    public void draw(List<long[]> parts, Consumer<Tensor> sink) {
      here.draw(parts, sink);
    }
  }

  @Test
  void hThatStayedElsewhereAreDrawnAgain() throws IOException {
    Annotations all = annotate("all.csv", SAMPLES, 0, Progress.NONE);
    AnnotationOptions options = options(SAMPLES, 2);
    Annotations few =
        annotator.run(
            options,
            folder.resolve("few.csv"),
            new Afar(annotator.here(options, Progress.NONE)),
            Progress.NONE);
    assertEquals(extremes(all, 2), kept(few).keySet());
    Map<Integer, double[]> expected = kept(all);
    try (PointerScope scope = new PointerScope()) {
      kept(few)
          .forEach(
              (row, h) -> {
                double size = Arrays.stream(h).map(Math::abs).max().orElseThrow();
                assertArrayEquals(expected.get(row), h, 1e-5 * size); // of another batch
              });
    }
    double[] slope = direction(all, 2, true);
    double size = Arrays.stream(slope).map(Math::abs).max().orElseThrow();
    assertArrayEquals(slope, direction(few, 2, true), 1e-6 * size);
  }
}
