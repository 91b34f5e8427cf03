package org.hspace.directions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.image.Fit;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.RuntimeOptions;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Conditioning;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
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
    AnnotationOptions options =
        new AnnotationOptions(samples, 7, SAMPLING, ScalarType.Half, 8, 0, Duration.ZERO);
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

  /** Whatever is added to an option record counts, unless it is left out by name. */
  @Test
  void everyOptionCounts() throws ReflectiveOperationException {
    List<Record> records =
        List.of(
            SAMPLING,
            PcaOptions.DEFAULT,
            new AnnotationOptions(20, 7, SAMPLING, ScalarType.Half, 8, 9, Duration.ZERO),
            InversionOptions.DEFAULT,
            new ExampleOptions("x", 2, null));
    String[] paths = {"checkpoint"};
    for (Record record : records) {
      RecordComponent[] components = record.getClass().getRecordComponents();
      boolean path = Stream.of(components).anyMatch(c -> c.getType() == Path.class);
      String[] leftOut = path ? paths : new String[0];
      String before = fingerprint(record, leftOut);
      assertEquals(before, fingerprint(record, leftOut));
      for (int i = 0; i < components.length; i++) {
        if (components[i].getType() == Path.class) continue;
        Object[] values = values(record);
        values[i] = other(values[i]);
        Record changed = (Record) record.getClass().getConstructors()[0].newInstance(values);
        assertNotEquals(before, fingerprint(changed, leftOut), components[i].getName());
      }
    }
    assertThrows(
        IllegalArgumentException.class, () -> fingerprint(SAMPLING, "checkpoint"), "no such one");
    assertThrows(
        IllegalArgumentException.class,
        () -> fingerprint(PcaOptions.DEFAULT.withCheckpoint(folder, Duration.ZERO)),
        "a path says nothing about the result: it must be left out by name");
  }

  private String fingerprint(Record record, String... leftOut) {
    return new RunFingerprint("x", model).with("options", record, leftOut).metadata().toString();
  }

  private static Object[] values(Record record) throws ReflectiveOperationException {
    RecordComponent[] components = record.getClass().getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) values[i] = components[i].getAccessor().invoke(record);
    return values;
  }

  /** Another value of the same type. */
  private static Object other(Object value) throws ReflectiveOperationException {
    if (value instanceof Integer number) return number + 1;
    if (value instanceof Long number) return number + 1;
    if (value instanceof Double number) return number / 2;
    if (value instanceof Boolean flag) return !flag;
    if (value instanceof Duration time) return time.plusSeconds(1);
    if (value instanceof String text) return text + "x";
    if (value instanceof ScalarType type)
      return type == ScalarType.Half ? ScalarType.Float : ScalarType.Half;
    if (value instanceof Conditioning) return Conditioning.ofClass(3);
    if (value instanceof EtaSchedule) return EtaSchedule.parse("0.25@0.5-1");
    if (value instanceof Enum<?> one) {
      Object[] all = one.getDeclaringClass().getEnumConstants();
      return all[(one.ordinal() + 1) % all.length];
    }
    Record record = (Record) value;
    Object[] values = values(record);
    values[0] = other(values[0]);
    return record.getClass().getConstructors()[0].newInstance(values);
  }

  @Test
  void anotherRefineIsAnotherRun() throws IOException {
    List<ImagePair> pairs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Path[] pictures = new Path[2];
      for (int side = 0; side < 2; side++) {
        pictures[side] = folder.resolve("p" + i + side + ".png");
        try (PointerScope scope = new PointerScope()) {
          Tensor flat = Tensors.zeros(ScalarType.Float, 1, 3, 16, 16).add(new Scalar(0.2 * side));
          ImageFile.write(pictures[side], RgbImage.of(flat, 0));
        }
      }
      pairs.add(new ImagePair("" + i, pictures[0], pictures[1]));
    }
    ExampleOptions options = new ExampleOptions("x", 1, folder.resolve("checkpoint"));
    InversionOptions inversion = InversionOptions.DEFAULT.withSteps(2).withRefine(2);
    ExampleDirections directions = new ExampleDirections(model);
    assertThrows(
        IllegalStateException.class,
        () -> directions.ofImages(pairs, Fit.CROP, inversion, options, killedAt(2)));
    String message =
        assertThrows(
                HspaceException.class,
                () ->
                    directions.ofImages(
                        pairs, Fit.CROP, inversion.withRefine(3), options, Progress.NONE))
            .getMessage();
    assertTrue(message.contains("refine there 2, here 3"), message);
    directions.ofImages(pairs, Fit.CROP, inversion, options, Progress.NONE).close();
  }

  /** Kernels may be others there: the run goes on, and says so, in the file too. */
  @Test
  void anotherMachineIsSaid() throws IOException {
    Path checkpoint = folder.resolve("checkpoint");
    PcaOptions options =
        PcaOptions.DEFAULT
            .withComponents(2)
            .withSamples(12)
            .withSampling(SAMPLING)
            .withCheckpoint(checkpoint, Duration.ZERO);
    assertThrows(IllegalStateException.class, () -> new GlobalPca(model).run(options, killedAt(8)));
    List<String> said = new ArrayList<>();
    Progress listening =
        new Progress() {
          @Override
          public void update(long done, long total, String unit) {}

          @Override
          public void warn(String message) {
            said.add(message);
          }
        };
    try (DirectionSet here = new GlobalPca(model).run(options, listening)) {
      assertEquals(List.of(), said);
      assertNull(here.provenance().details().get("machines"));
    }
    NativeRuntime.configure(RuntimeOptions.HOST.withThreads(2));
    try (DirectionSet elsewhere = new GlobalPca(model).run(options, listening)) {
      assertEquals(1, said.size());
      assertTrue(said.get(0).contains("to rounding"), said.get(0));
      assertEquals(2, ((List<?>) elsewhere.provenance().details().get("machines")).size());
    } finally {
      NativeRuntime.configure(RuntimeOptions.HOST.withThreads(1));
    }
  }
}
