package org.hspace.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.HSpace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EffectDisentanglementTest {
  private static final int[] TIMESTEPS = {800, 500, 100};
  private static final List<String> ATTRIBUTES = List.of("yaw", "smile", "hat");
  private static final int SIZE = 48;

  @TempDir Path folder;
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

  /** A linear world: the effect of Δh on attribute a is its product with reader a. */
  private final double[][] readers = {random(1), random(2), random(3)};

  private static double[] random(long seed) {
    return new Random(seed).doubles(SIZE, -1, 1).toArray();
  }

  private static Direction direction(String name, long seed) {
    return new Direction(name, Tensors.of(random(seed), 3, 4, 2, 2), TIMESTEPS, HSpace.AFTER);
  }

  private double[] effects(Direction direction) {
    double[] delta = Tensors.doubles(direction.delta());
    double[] effect = new double[readers.length];
    for (int a = 0; a < effect.length; a++) {
      for (int i = 0; i < SIZE; i++) effect[a] += readers[a][i] * delta[i];
    }
    return effect;
  }

  private MeasuredEffects measured(List<Direction> directions, List<String> targets) {
    return new MeasuredEffects(
        ATTRIBUTES,
        directions.stream().map(Direction::name).toList(),
        directions.stream().map(Direction::hash).toList(),
        targets,
        directions.stream().map(this::effects).toArray(double[][]::new));
  }

  /** A direction that moves its own attribute most, and the others too. */
  private Direction moving(String name, long seed) {
    double[] delta = random(seed);
    double[] reader = readers[ATTRIBUTES.indexOf(name)];
    for (int i = 0; i < SIZE; i++) delta[i] += 2 * reader[i];
    return new Direction(name, Tensors.of(delta, 3, 4, 2, 2), TIMESTEPS, HSpace.AFTER);
  }

  @Test
  void theOthersAttributesStayAndItsOwnMovesAsBefore() {
    Direction smile = moving("smile", 4);
    Direction hat = moving("hat", 5);
    Direction yaw = moving("yaw", 6);
    Direction namesake = moving("smile", 7);
    MeasuredEffects table =
        measured(List.of(namesake, yaw, smile, hat), List.of("smile", "yaw", "smile", "hat"));
    try (EffectDisentanglement found = EffectDisentanglement.of(smile, List.of(hat, yaw), table)) {
      double[] effect = effects(found.direction());
      assertEquals(0, effect[0], 1e-12);
      assertEquals(effects(smile)[1], effect[1], 1e-12);
      assertEquals(0, effect[2], 1e-12);
      assertEquals(2, found.weights().length);
      assertTrue(found.conditionNumber() >= 1);
    }
  }

  @Test
  void dependentEffectsTwoOfOneTargetAndUnmeasuredDirectionsAreRefused() {
    Direction smile = direction("smile", 4);
    Direction hat = direction("hat", 5);
    Direction twin = new Direction("twin", hat.delta().clone(), TIMESTEPS, HSpace.AFTER);
    List<Direction> all = List.of(smile, hat, twin);
    MeasuredEffects dependent = measured(all, List.of("smile", "hat", "yaw"));
    refused("depend on each other", smile, List.of(hat, twin), dependent);
    MeasuredEffects same = measured(all, List.of("smile", "hat", "hat"));
    refused("different attributes", smile, List.of(hat, twin), same);
    refused("direction yaw", smile, List.of(direction("yaw", 6)), same);
    refused("another one of this name", direction("smile", 6), List.of(hat), same);
  }

  private static void refused(
      String part, Direction from, List<Direction> others, MeasuredEffects table) {
    HspaceException error =
        assertThrows(
            HspaceException.class, () -> EffectDisentanglement.of(from, others, table).close());
    assertTrue(error.getMessage().contains(part), error.getMessage());
  }

  @Test
  void aTableIsReadPerUnitOfStrengthAndOtherFilesAreRefused() throws IOException {
    Path file = folder.resolve("table.json");
    Files.writeString(
        file,
        """
        {"attributes": ["yaw", "hat"], "directions": ["hat-only"], "hashes": ["ab"], "targets": ["hat"],
         "effect": [[0.5, 1.0]], "strengths": [2.0], "diagonal_mean": 1.0}
        """);
    MeasuredEffects table = MeasuredEffects.open(file);
    assertEquals(List.of("hat-only"), table.directions());
    assertEquals(0.25, table.slope()[0][0]);
    assertEquals(0.5, table.slope()[0][1]);
    for (String text :
        List.of(
            "",
            "no json",
            "[1]",
            "{}",
            "{\"attributes\": [\"yaw\"], \"directions\": [\"a\"], \"hashes\": [\"ab\"], \"targets\": [\"yaw\"],"
                + " \"effect\": [[1, 2]], \"strengths\": [1]}",
            "{\"attributes\": [\"yaw\"], \"directions\": [\"a\"], \"hashes\": [\"ab\"], \"targets\": [\"yaw\"],"
                + " \"effect\": [[1]], \"strengths\": [0]}")) {
      Files.writeString(file, text);
      HspaceException error = assertThrows(HspaceException.class, () -> MeasuredEffects.open(file));
      assertTrue(error.getMessage().startsWith(file.toString()), error.getMessage());
    }
    assertThrows(HspaceException.class, () -> MeasuredEffects.open(folder.resolve("none.json")));
  }
}
