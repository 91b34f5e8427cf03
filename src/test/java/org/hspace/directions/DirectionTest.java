package org.hspace.directions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.model.DType;
import org.hspace.model.HSpace;
import org.hspace.model.Model;
import org.hspace.model.TinyModel;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.nativelib.Tensors;
import org.hspace.trajectory.Provenance;
import org.hspace.trajectory.SamplingOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectionTest {
  @TempDir Path directory;
  private PointerScope scope;

  @BeforeEach
  void open() {
    NativeLibrary.load();
    scope = new PointerScope();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** Two directions for the tiny model at t = 800, 300: all entries 1 and 2, and 3 and 4. */
  private static DirectionSet twoDirections(Model model) {
    Tensor values = Tensors.of(new double[] {1, 2, 3, 4}, 2, 2, 1, 1, 1).to(ScalarType.Float);
    Tensor delta = values.expand(2, 2, 16, 4, 4).contiguous();
    Provenance provenance =
        Provenance.ofSamples(model, SamplingOptions.DEFAULT.withSteps(2), new long[] {0})
            .ofDirections("pca", Map.of("samples", 7, "scope", "timestep"));
    Tensor figure = Tensors.of(new double[] {0.5, 0.25}, 2);
    return new DirectionSet(
        List.of("first", "second"),
        delta,
        new int[] {800, 300},
        provenance,
        Map.of("share", figure));
  }

  @Test
  void interpolatesLinearlyInTime() {
    Tensor delta = Tensors.of(new double[] {10, 20, 40}, 3, 1, 1, 1);
    try (Direction direction = new Direction("d", delta, new int[] {900, 500, 100}, HSpace.AFTER)) {
      double[] found =
          Tensors.doubles(direction.onLattice(new int[] {999, 900, 700, 500, 200, 100, 0}));
      assertArrayEquals(new double[] {10, 10, 15, 20, 35, 40, 40}, found, 1e-12);
    }
  }

  @Test
  void readsWhatItWrote() {
    Path file = directory.resolve("d.safetensors");
    try (Model model = TinyModel.open(DType.FLOAT32);
        DirectionSet written = twoDirections(model)) {
      written.save(file);
      try (DirectionSet read = DirectionSet.open(file, model)) {
        assertEquals(written.names(), read.names());
        assertTrue(read.directions().equal(written.directions()));
        assertArrayEquals(new int[] {800, 300}, read.timesteps());
        assertArrayEquals(new double[] {0.5, 0.25}, Tensors.doubles(read.figures().get("share")));
        assertEquals("pca", read.provenance().details().get("kind"));
        assertEquals("timestep", read.provenance().details().get("scope"));
        assertEquals(7L, read.provenance().details().get("samples"));
        try (Direction second = read.get("second")) {
          assertEquals(HSpace.AFTER, second.hSpace());
          assertEquals(3, second.delta().select(0, 0).max().item_double());
        }
      }
    }
  }

  @Test
  void halfPrecisionFilesReadAsSingle() {
    Path file = directory.resolve("d.safetensors");
    try (Model model = TinyModel.open(DType.FLOAT32);
        DirectionSet written = twoDirections(model)) {
      written.save(file, ScalarType.Half);
      try (DirectionSet read = DirectionSet.open(file, model);
          Direction first = read.get(0)) {
        assertEquals(ScalarType.Half, read.directions().scalar_type().intern());
        assertEquals(ScalarType.Float, first.delta().scalar_type().intern());
        assertEquals(2, first.delta().select(0, 1).min().item_double());
      }
    }
  }

  @Test
  void missingDirectionsAreNamed() {
    Path file = directory.resolve("d.safetensors");
    try (Model model = TinyModel.open(DType.FLOAT32);
        DirectionSet set = twoDirections(model)) {
      set.save(file);
      assertTrue(failure(() -> set.get(2)).contains("0 to 1"));
      assertTrue(failure(() -> set.get("third")).contains("first, second"));
      String tooLarge = failure(() -> DirectionSpec.parse(file + ":9").resolve(model));
      assertTrue(tooLarge.contains("0 to 1") && tooLarge.contains(file.toString()), tooLarge);
      assertTrue(
          failure(() -> DirectionSpec.parse(file.toString()).resolve(model))
              .contains("first, second"));
      assertTrue(failure(() -> DirectionSpec.parse("smile=2").resolve(model)).contains("smile"));
      Path weights = TinyModel.DIRECTORY.resolve("unet/diffusion_pytorch_model.safetensors");
      assertTrue(
          failure(() -> DirectionSet.open(weights, model)).contains("expected a direction file"));
    }
  }

  @Test
  void specsResolveByNumberAndByName() {
    Path file = directory.resolve("d.safetensors");
    try (Model model = TinyModel.open(DType.FLOAT32);
        DirectionSet set = twoDirections(model)) {
      set.save(file);
      try (Direction byNumber = DirectionSpec.parse(file + ":1=-2.5").resolve(model);
          Direction byName = DirectionSpec.parse(file + ":second").resolve(model)) {
        assertEquals("second", byNumber.name());
        assertTrue(byNumber.delta().equal(byName.delta()));
      }
    }
  }

  @Test
  void specsByBareNameComeFromTheModelsFolder() throws Exception {
    Path copy = directory.resolve("model");
    try (var files = Files.walk(TinyModel.DIRECTORY)) {
      for (Path one : files.toList()) {
        Files.copy(one, copy.resolve(TinyModel.DIRECTORY.relativize(one)));
      }
    }
    Files.createDirectory(copy.resolve("directions"));
    try (Model model = Model.open(copy, org.hspace.model.ModelOptions.DEFAULT);
        DirectionSet set = twoDirections(model)) {
      set.save(copy.resolve("directions/attributes.safetensors"));
      try (Direction direction = DirectionSpec.parse("second=1").resolve(model)) {
        assertEquals("second", direction.name());
      }
      assertTrue(
          failure(() -> DirectionSpec.parse("third").resolve(model)).contains("first, second"));
    }
  }

  @Test
  void specText() {
    DirectionSpec spec = DirectionSpec.parse("a/b.safetensors:3=-1.5");
    assertEquals(Path.of("a/b.safetensors"), spec.file());
    assertEquals("3", spec.which());
    assertEquals(OptionalDouble.of(-1.5), spec.strength());
    assertEquals(OptionalDouble.empty(), DirectionSpec.parse("smile").strength());
    assertEquals("smile", DirectionSpec.parse("smile=2").which());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "=2", "a:1=x", "a:1=", "smile=NaN"})
  void badSpecsAreNamed(String text) {
    assertTrue(failure(() -> DirectionSpec.parse(text)).contains("expected"));
  }

  /** A direction file made by hand, as another program might. */
  private Path foreign(Model model, String names, long[] timesteps, long... shape) {
    Path file = directory.resolve("foreign.safetensors");
    Provenance provenance =
        Provenance.ofSamples(model, SamplingOptions.DEFAULT.withSteps(2), new long[] {0});
    try (TensorFileWriter writer = new TensorFileWriter(file)) {
      writer.metadata("format", DirectionFile.FORMAT);
      writer.metadata("names", names);
      writer.metadata("provenance", provenance.toJson());
      writer.declare("directions", ScalarType.Float, shape);
      writer.declare("timesteps", ScalarType.Long, timesteps.length);
      writer.write("directions", Tensors.zeros(ScalarType.Float, shape));
      writer.write("timesteps", Tensors.of(timesteps));
      writer.finish();
    }
    return file;
  }

  @Test
  void malformedFilesAreNamed() {
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      long[] falling = {800, 300};
      DirectionSet.open(foreign(model, "[\"a\"]", falling, 1, 2, 16, 4, 4), model).close();
      String[] messages = {
        failure(() -> DirectionSet.open(foreign(model, "[\"a\"]", falling, 1, 2, 8, 4, 4), model)),
        failure(() -> DirectionSet.open(foreign(model, "a, b", falling, 2, 2, 16, 4, 4), model)),
        failure(
            () ->
                DirectionSet.open(
                    foreign(model, "[\"a\", \"a\"]", falling, 2, 2, 16, 4, 4), model)),
        failure(
            () ->
                DirectionSet.open(
                    foreign(model, "[\"a\"]", new long[] {1, 2}, 1, 2, 16, 4, 4), model)),
      };
      String[] expected = {"[1, 2, 16, 4, 4]", "'names'", "different names", "descending"};
      for (int i = 0; i < expected.length; i++) {
        assertTrue(messages[i].contains(expected[i]), messages[i]);
        assertTrue(messages[i].contains("foreign.safetensors"), messages[i]);
      }
    }
  }

  private static String failure(org.junit.jupiter.api.function.Executable action) {
    return assertThrows(HspaceException.class, action).getMessage();
  }
}
