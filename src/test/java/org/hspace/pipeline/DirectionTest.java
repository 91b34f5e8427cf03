package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.FlatMemory;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The border; directions and their files are tested in {@code native/test/direction_test.cpp}. */
class DirectionTest {
  @TempDir Path directory;
  private Model model;
  private PointerScope scope;

  @BeforeEach
  void open() {
    model = TinyModel.open(DType.FLOAT32);
    scope = new PointerScope();
  }

  @AfterEach
  void close() {
    scope.close();
    model.close();
  }

  /** Two directions for the tiny model at t = 800, 300: all entries 1 and 2, and 3 and 4. */
  private DirectionSet twoDirections() {
    Tensor values = Tensors.of(new double[] {1, 2, 3, 4}, 2, 2, 1, 1, 1).to(ScalarType.Float);
    Tensor delta = values.expand(2, 2, 16, 4, 4).contiguous();
    Provenance provenance =
        Provenance.ofSamples(model, SamplingOptions.DEFAULT.withSteps(2), new long[] {0})
            .ofDirections("pca", Map.of("samples", 7, "scope", "timestep"));
    Tensor figure = Tensors.of(new double[] {0.5, 0.25}, 2);
    return new DirectionSet(
        List.of("first", "zweite ü"),
        delta,
        new int[] {800, 300},
        provenance,
        Map.of("share", figure));
  }

  @Test
  void readsWhatItWrote() {
    Path file = directory.resolve("größe.safetensors");
    try (DirectionSet written = twoDirections()) {
      written.save(file);
      try (DirectionSet read = DirectionSet.open(file, model)) {
        assertEquals(written.names(), read.names());
        assertTrue(read.directions().equal(written.directions()));
        assertArrayEquals(new int[] {800, 300}, read.timesteps());
        assertArrayEquals(new double[] {0.5, 0.25}, Tensors.doubles(read.figures().get("share")));
        assertEquals("pca", read.provenance().details().get("kind"));
        assertEquals("timestep", read.provenance().details().get("scope"));
        assertEquals(7L, read.provenance().details().get("samples"));
        try (Direction second = read.get("zweite ü")) {
          assertEquals("zweite ü", second.name());
          assertEquals(HSpace.AFTER, second.hSpace());
          assertArrayEquals(new int[] {800, 300}, second.timesteps());
          assertEquals(3, second.delta().select(0, 0).max().item_double());
        }
      }
      written.save(file, ScalarType.Half);
      try (DirectionSet read = DirectionSet.open(file, model)) {
        assertEquals(ScalarType.Half, read.directions().scalar_type().intern());
      }
    }
  }

  @Test
  void setsMerge() {
    try (DirectionSet set = twoDirections();
        DirectionSet first = set.first(1);
        DirectionSet merged = DirectionSet.merge(List.of(set, first), String::toUpperCase)) {
      throw new AssertionError("two are called FIRST: " + merged.names());
    } catch (HspaceException e) {
      assertEquals("directions: two are called FIRST", e.getMessage());
    }
    try (DirectionSet set = twoDirections();
        Direction second = set.get(1);
        DirectionSet alone = DirectionSet.of(second, set.provenance());
        DirectionSet first = set.first(1);
        DirectionSet merged = DirectionSet.merge(List.of(first, alone), name -> name + "'")) {
      assertEquals(List.of("first'", "zweite ü'"), merged.names());
      assertTrue(merged.directions().equal(set.directions()));
      assertEquals("combined", merged.provenance().details().get("kind"));
    }
  }

  @Test
  void arithmeticCrossesTheBorder() {
    try (Direction a = numbers("a", 3, 0);
        Direction b = numbers("b", 4, 8);
        Direction sum = DirectionAlgebra.add(a, b);
        Direction difference = DirectionAlgebra.subtract(a, b);
        Direction both = DirectionAlgebra.combine("both", List.of(a, b), new double[] {2, -0.5});
        Direction late = DirectionAlgebra.window(b, new Window(0.5, 1));
        Direction unit = DirectionAlgebra.normalize(a);
        Direction named = DirectionAlgebra.rename(b, "c")) {
      assertEquals("a+b", sum.name());
      assertArrayEquals(new double[] {7, 8}, Tensors.doubles(sum.delta()));
      assertArrayEquals(new double[] {-1, -8}, Tensors.doubles(difference.delta()));
      assertArrayEquals(new double[] {4, -4}, Tensors.doubles(both.delta()));
      assertEquals("both", both.name());
      assertArrayEquals(new double[] {0, 8}, Tensors.doubles(late.delta()));
      assertArrayEquals(new double[] {1, 0}, Tensors.doubles(unit.delta()));
      assertEquals(b.hash(), named.hash());
      assertEquals("c", named.name());
      assertArrayEquals(
          new double[] {3, 1.5, 0}, Tensors.doubles(a.onLattice(new int[] {250, 150, 50})));
      assertEquals(3, DirectionAlgebra.norm(a));
      assertEquals(12 / (3 * Math.sqrt(80)), DirectionAlgebra.cosine(a, b), 1e-15);
      assertEquals(
          "direction a: times NaN it is beyond what its type holds (its largest number is 3.00; the"
              + " type ends at 1.80e+308)",
          failure(() -> DirectionAlgebra.scale(a, Double.NaN)));
    }
  }

  private static Direction numbers(String name, double... values) {
    return new Direction(name, Tensors.of(values, 2, 1, 1, 1), new int[] {200, 100}, HSpace.AFTER);
  }

  @Test
  void aDirectionOutlivesItsSetAndItsFile() throws IOException {
    Path file = directory.resolve("d.safetensors");
    Direction first;
    try (DirectionSet set = twoDirections()) {
      set.save(file);
    }
    try (DirectionSet set = DirectionSet.open(file, model)) {
      first = set.get(0);
    }
    Files.delete(file);
    Tensor delta = first.delta();
    assertEquals(2, delta.select(0, 1).min().item_double());
    first.close();
    assertEquals(2, delta.select(0, 1).max().item_double());
    assertThrows(IllegalStateException.class, first::delta);
    assertThrows(IllegalStateException.class, () -> DirectionAlgebra.norm(first));
  }

  @Test
  void memoryStaysFlat() {
    Path file = directory.resolve("d.safetensors");
    try (DirectionSet set = twoDirections()) {
      set.save(file);
    }
    FlatMemory.assertFlat(
        () -> {
          try (DirectionSet set = DirectionSet.open(file, model);
              Direction first = set.get(0);
              Direction sum = DirectionAlgebra.add(first, first);
              Tensor delta = sum.delta()) {
            delta.size(0);
          }
        },
        50,
        2000);
  }

  @Test
  void namesComeFromTheModelsFolder() throws IOException {
    Path copy = TinyModel.copy(TinyModel.DIRECTORY, directory.resolve("model"));
    Path file = copy.resolve("directions/attributes.safetensors");
    Files.createDirectory(file.getParent());
    try (Model own = Model.open(copy, ModelOptions.DEFAULT);
        DirectionSet set = twoDirections()) {
      assertEquals(List.of(), own.directionNames());
      set.save(file);
      assertEquals(List.of("first", "zweite ü"), own.directionNames());
      try (Direction named = own.direction("zweite ü");
          Direction numbered = own.direction(file + ":1");
          Direction resolved = DirectionSpec.parse("zweite ü=2").resolve(own)) {
        assertEquals("zweite ü", named.name());
        assertTrue(named.delta().equal(numbered.delta()));
        assertTrue(named.delta().equal(resolved.delta()));
      }
      assertEquals(
          "direction third: expected one of first, zweite ü (in "
              + file.getParent()
              + "), or FILE:WHICH",
          failure(() -> own.direction("third")));
      assertTrue(failure(() -> own.direction(file + ":2")).startsWith(file + ":2: direction: "));
      assertTrue(failure(() -> own.direction("first=2")).contains("no strength"));
      assertEquals(
          set.provenance().toJson(), DirectionSpec.parse("first").provenance(own).toJson());
    }
  }

  @Test
  void specText() {
    DirectionSpec spec = DirectionSpec.parse("a/bü.safetensors:3=-1.5");
    assertEquals(Path.of("a/bü.safetensors"), spec.file());
    assertEquals("3", spec.which());
    assertEquals(OptionalDouble.of(-1.5), spec.strength());
    assertEquals(OptionalDouble.empty(), DirectionSpec.parse("smile").strength());
    assertEquals("smile", DirectionSpec.parse("smile=2").which());
    assertEquals(
        "direction smile=x: expected a number after '=', found 'x'",
        failure(() -> DirectionSpec.parse("smile=x")));
    assertEquals(
        "direction smile=2: expected no strength here",
        failure(() -> DirectionSpec.parse("smile=2").refuseStrength()));
  }

  private static String failure(org.junit.jupiter.api.function.Executable action) {
    return assertThrows(HspaceException.class, action).getMessage();
  }
}
