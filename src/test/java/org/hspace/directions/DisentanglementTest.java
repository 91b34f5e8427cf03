package org.hspace.directions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionAlgebra;
import org.hspace.pipeline.HSpace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DisentanglementTest {
  private static final int[] TIMESTEPS = {800, 500, 100};
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

  private static Direction direction(String name, HSpace hSpace, double... values) {
    return new Direction(name, Tensors.of(values, 3, 4, 2, 2), TIMESTEPS, hSpace);
  }

  private static double[] random(long seed) {
    return new Random(seed).doubles(48, -1, 1).toArray();
  }

  private static double[] mix(double[] a, double wa, double[] b, double wb) {
    double[] sum = new double[a.length];
    for (int i = 0; i < sum.length; i++) sum[i] = wa * a[i] + wb * b[i];
    return sum;
  }

  @Test
  void theResultIsOrthogonalToEveryRemovedDirectionEvenIfTheyAreNearlyParallel() {
    double[] gender = random(1);
    Direction smile = direction("smile", HSpace.AFTER, mix(random(2), 1, gender, 2));
    Direction first = direction("gender", HSpace.AFTER, gender);
    Direction second = direction("age", HSpace.AFTER, mix(gender, 1, random(3), 1e-3));
    try (Disentanglement result = Disentanglement.of(smile, List.of(first, second))) {
      assertEquals(0, DirectionAlgebra.cosine(result.direction(), first), 1e-10);
      assertEquals(0, DirectionAlgebra.cosine(result.direction(), second), 1e-10);
      assertTrue(result.conditionNumber() > 500, "condition " + result.conditionNumber());
      assertTrue(result.dependent().isEmpty());
      assertTrue(result.normLeft() > 0.1 && result.normLeft() < 1);
      // What was taken out lies in the span: smile - result is smile's projection, so Pythagoras
      // holds.
      double left = DirectionAlgebra.norm(result.direction()) / DirectionAlgebra.norm(smile);
      assertEquals(result.normLeft(), left, 1e-12);
    }
  }

  @Test
  void removingOneByOneIsNotTheSame() {
    double[] gender = random(1);
    Direction smile = direction("smile", HSpace.AFTER, mix(random(2), 1, gender, 2));
    Direction first = direction("gender", HSpace.AFTER, gender);
    Direction second = direction("age", HSpace.AFTER, mix(gender, 1, random(3), 1));
    try (Disentanglement once = Disentanglement.of(smile, List.of(first));
        Disentanglement twice = Disentanglement.of(once.direction(), List.of(second))) {
      assertTrue(Math.abs(DirectionAlgebra.cosine(twice.direction(), first)) > 1e-3);
    }
  }

  @Test
  void dependentDirectionsAreNamedAndCountOnce() {
    double[] gender = random(1);
    Direction smile = direction("smile", HSpace.AFTER, random(2));
    Direction first = direction("gender", HSpace.AFTER, gender);
    Direction twin = direction("twin", HSpace.AFTER, mix(gender, -3, gender, 0));
    try (Disentanglement alone = Disentanglement.of(smile, List.of(first));
        Disentanglement both = Disentanglement.of(smile, List.of(first, twin))) {
      assertEquals(1, both.dependent().size());
      assertEquals(1, DirectionAlgebra.cosine(alone.direction(), both.direction()), 1e-12);
      assertEquals(1, both.conditionNumber(), 1e-12);
    }
  }

  @Test
  void otherTimestepsAreInterpolatedAndOtherHSpacesRefused() {
    Direction smile = direction("smile", HSpace.AFTER, random(2));
    Direction constant =
        new Direction(
            "constant",
            Tensors.of(new Random(5).doubles(16).toArray(), 1, 4, 2, 2),
            new int[] {900},
            HSpace.AFTER);
    try (Disentanglement result = Disentanglement.of(smile, List.of(constant))) {
      assertEquals(0, DirectionAlgebra.cosine(result.direction(), constant), 1e-12);
    }
    Direction elsewhere = direction("elsewhere", HSpace.MIDDLE, random(6));
    HspaceException error =
        assertThrows(HspaceException.class, () -> Disentanglement.of(smile, List.of(elsewhere)));
    assertTrue(error.getMessage().contains("elsewhere"));
  }
}
