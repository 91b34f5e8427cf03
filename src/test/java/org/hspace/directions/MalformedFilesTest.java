package org.hspace.directions;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.evaluate.MeasuredEffects;
import org.hspace.image.MaskFile;
import org.hspace.io.JsonMutations;
import org.hspace.nativelib.TensorFile;
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Device;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.ModelOptions;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every file that this project writes and reads, with one thing wrong in it at a time: a reader
 * takes it or refuses it in one line that names it.
 */
class MalformedFilesTest {
  private static final SamplingOptions SAMPLING = SamplingOptions.DEFAULT.withSteps(2).withBatch(4);

  @TempDir Path folder;
  private Model model;
  private int refused;

  @BeforeEach
  void open() {
    model = TinyModel.open(DType.FLOAT32);
  }

  @AfterEach
  void close() {
    model.close();
    assertTrue(refused > 20, "only " + refused + " were refused");
  }

  /** Metadata and tensors of a safetensors file. */
  private record Content(Map<String, String> metadata, Map<String, Tensor> tensors) {
    static Content of(Path path) {
      try (TensorFile file = TensorFile.open(path)) {
        Map<String, Tensor> tensors = new TreeMap<>();
        for (String name : file.names()) tensors.put(name, file.tensor(name).clone());
        return new Content(file.metadata(), tensors);
      }
    }

    void write(Path path) {
      try (TensorFileWriter writer = new TensorFileWriter(path)) {
        metadata.forEach(writer::metadata);
        tensors.forEach((name, t) -> writer.declare(name, t.scalar_type(), Tensors.shape(t)));
        tensors.forEach(writer::write);
        writer.finish();
      }
    }

    Content with(String key, String value) {
      Map<String, String> changed = new LinkedHashMap<>(metadata);
      changed.remove(key);
      if (value != null) changed.put(key, value);
      return new Content(changed, tensors);
    }

    Content with(String name, Tensor value) {
      Map<String, Tensor> changed = new TreeMap<>(tensors);
      changed.remove(name);
      if (value != null) changed.put(name, value);
      return new Content(metadata, changed);
    }
  }

  /** Runs a reader; what it throws must be one line that names the file. */
  private void read(String named, String what, Runnable reader) {
    try (PointerScope scope = new PointerScope()) {
      reader.run();
    } catch (HspaceException e) {
      refused++;
      String message = e.getMessage();
      assertTrue(message.contains(named), what + ": " + message);
      assertTrue(message.lines().count() == 1, what + ": " + message);
    } catch (Throwable e) {
      fail(what + ": " + e, e);
    }
  }

  /** Every field of the metadata and every tensor, wrong in every way. */
  private void readAll(Path file, String name, Consumer<Path> reader) {
    Content good = Content.of(file);
    assertDoesNotThrow(() -> reader.accept(file));
    good.metadata.forEach(
        (key, value) -> {
          List<String> values =
              JsonMutations.isJson(value)
                  ? JsonMutations.of(value)
                  : List.of("", "x", "-1", "0", "7", "2147483648", "9223372036854775808", "1e3");
          for (String changed : values) {
            good.with(key, changed).write(file);
            String what = key + " = " + changed.substring(0, Math.min(500, changed.length()));
            read(name, what, () -> reader.accept(file));
          }
          good.with(key, (String) null).write(file);
          read(name, "no " + key, () -> reader.accept(file));
        });
    good.tensors.forEach(
        (key, value) -> {
          try (PointerScope scope = new PointerScope()) {
            Map<String, Tensor> others = new LinkedHashMap<>();
            others.put("no", null);
            others.put("scalar", Tensors.zeros(ScalarType.Float));
            others.put("empty", Tensors.zeros(value.scalar_type(), 0));
            others.put("flat", value.flatten());
            others.put("deeper", value.unsqueeze(0));
            others.put("bytes", value.to(ScalarType.Byte));
            others.put(
                "long", value.to(ScalarType.Long).add(new org.bytedeco.pytorch.Scalar(1L << 40)));
            others.put("negative", value.sub(new org.bytedeco.pytorch.Scalar(5000)));
            others.put("double", value.to(ScalarType.Double));
            others.put("flags", value.to(ScalarType.Bool));
            for (double odd : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
              Tensor holed = value.to(ScalarType.Double).clone();
              holed.flatten().narrow(0, 0, 1).fill_(new org.bytedeco.pytorch.Scalar(odd));
              others.put("with " + odd, holed.to(ScalarType.Float));
            }
            if (value.dim() > 0 && value.size(0) > 1)
              others.put("shorter", value.narrow(0, 1, value.size(0) - 1));
            if (value.dim() > 0) others.put("longer", torch.cat(twice(value), 0));
            others.forEach(
                (what, tensor) -> {
                  good.with(key, tensor).write(file);
                  read(name, key + " " + what, () -> reader.accept(file));
                });
          }
        });
    good.write(file);
    assertDoesNotThrow(() -> reader.accept(file));
  }

  private static org.bytedeco.pytorch.TensorVector twice(Tensor t) {
    return new org.bytedeco.pytorch.TensorVector(t, t);
  }

  @Test
  void trajectories() {
    Path file = folder.resolve("t.safetensors");
    try (Trajectory samples =
        new Sampler(model).sample(new long[] {3, 4}, SAMPLING, Progress.NONE)) {
      samples.save(file);
    }
    readAll(
        file,
        file.toString(),
        path -> {
          try (Trajectory read = Trajectory.open(path, model)) {
            new Sampler(model).states(read, read.rows() - 1, 2);
          }
        });
  }

  @Test
  void directions() {
    Path file = folder.resolve("d.safetensors");
    try (Trajectory samples = new Sampler(model).sample(new long[] {3}, SAMPLING, Progress.NONE);
        DirectionSet found =
            new JacobianDirections(model).run(samples, 0, JacobianOptions.DEFAULT, Progress.NONE)) {
      found.first(2).save(file);
    }
    readAll(
        file,
        file.toString(),
        path -> {
          try (DirectionSet set = DirectionSet.open(path, model);
              Direction last = set.get(set.size() - 1)) {
            last.onLattice(new int[] {900, 500, 1});
            set.provenance().toJson();
          }
        });
  }

  @Test
  void annotations() throws IOException {
    Path table = folder.resolve("scores.csv");
    AnnotationOptions options =
        new AnnotationOptions(6, 7, SAMPLING, ScalarType.Float, 4, 0, Duration.ZERO);
    try (Classifier classifier = TinyClassifier.open()) {
      new Annotator(model, classifier).run(options, table, Progress.NONE);
    }
    Consumer<Path> reader =
        path ->
            new AttributeDirections(model)
                .run(Annotations.open(table, model), new AttributeOptions("smile", 2, null, false))
                .close();
    readAll(folder.resolve("scores.csv.h/part-00001.safetensors"), table.toString(), reader);
    Path few = folder.resolve("few.csv");
    AnnotationOptions extremes =
        new AnnotationOptions(24, 7, SAMPLING, ScalarType.Float, 8, 1, Duration.ZERO);
    try (Classifier classifier = TinyClassifier.open()) {
      new Annotator(model, classifier).run(extremes, few, Progress.NONE);
    }
    for (String file : List.of("part-00001.safetensors", "statistics.safetensors")) {
      readAll(
          folder.resolve("few.csv.h").resolve(file),
          few.toString(),
          path ->
              new AttributeDirections(model)
                  .run(Annotations.open(few, model), new AttributeOptions("smile", 1, null, true))
                  .close());
    }
    String text = Files.readString(table);
    for (String cell : List.of("NaN", "Infinity", "1e999", "", "x", "\u0000", "0x1p3")) {
      Files.writeString(table, text.replaceFirst("\n8,[^,]*,", "\n8," + cell + ","));
      read(table.toString(), "cell " + cell, () -> reader.accept(table));
    }
    for (String header : List.of("", "seed", "seed,", "seed,a,a,b,c,d", "\u0000")) {
      Files.writeString(table, text.replaceFirst(".*\n", header + "\n"));
      read("", "header " + header, () -> reader.accept(table));
    }
  }

  @Test
  void checkpoints() {
    Path pca = folder.resolve("pca.checkpoint");
    PcaOptions components =
        PcaOptions.DEFAULT
            .withComponents(2)
            .withSamples(8)
            .withSampling(SAMPLING)
            .withCheckpoint(pca, Duration.ZERO);
    new GlobalPca(model).run(components, Progress.NONE).close();
    readAll(
        pca, pca.toString(), path -> new GlobalPca(model).run(components, Progress.NONE).close());
    Path examples = folder.resolve("examples.checkpoint");
    ExampleOptions pairs = new ExampleOptions("x", 2, examples);
    Runnable run =
        () ->
            new ExampleDirections(model)
                .ofSeeds(new long[] {1, 2}, new long[] {3, 4}, SAMPLING, pairs, Progress.NONE)
                .close();
    run.run();
    readAll(examples, examples.toString(), path -> run.run());
  }

  @Test
  void masksAndTables() throws IOException {
    Path file = folder.resolve("m.json");
    for (String json :
        JsonMutations.of(
            "{\"image\": \"l.png\", \"regions\": {\"a\": [1], \"b\": 2, \"c\": {\"rectangle\": [0, 0, 1, 1]}}}")) {
      Files.writeString(file, json);
      for (String region : List.of("a", "b", "c")) {
        read("", json, () -> MaskFile.read(file + ":" + region, 16, 16));
      }
    }
    for (String json :
        JsonMutations.of(
            "{\"attributes\": [\"yaw\"], \"directions\": [\"a\"], \"hashes\": [\"ab\"],"
                + " \"targets\": [\"yaw\"], \"effect\": [[1]], \"strengths\": [2]}")) {
      Files.writeString(file, json);
      read("m.json", json, () -> MeasuredEffects.open(file));
    }
  }

  /** The configurations beside the weights. */
  @Test
  void configurations() throws IOException {
    TinyModel.copy(TinyClassifier.DIRECTORY, folder.resolve("classifier"));
    TinyModel.copy(TinyModel.DIRECTORY, folder.resolve("model"));
    configuration(
        folder.resolve("classifier/config.json"),
        () -> {
          try (Classifier read = Classifier.open(folder.resolve("classifier"), Device.CPU)) {
            read.scores(Tensors.zeros(ScalarType.Float, 1, 3, 8, 8));
          }
        });
    Runnable pipeline =
        () -> {
          try (Model read = Model.open(folder.resolve("model"), ModelOptions.DEFAULT)) {
            new Sampler(read).draw(new long[] {1}, SAMPLING.withBatch(1)).close();
          }
        };
    configuration(folder.resolve("model/scheduler/scheduler_config.json"), pipeline);
  }

  private void configuration(Path file, Runnable reader) throws IOException {
    String good = Files.readString(file);
    for (String json : JsonMutations.of(good)) {
      Files.writeString(file, json);
      try (PointerScope scope = new PointerScope()) {
        reader.run();
      } catch (HspaceException e) { // weights that do not fit are listed, a line each
        refused++;
      } catch (Throwable e) {
        fail(json + ": " + e, e);
      }
    }
    Files.writeString(file, good);
  }
}
