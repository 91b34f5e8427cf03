package org.hspace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.WeightedDirection;
import org.hspace.pipeline.Window;
import org.junit.jupiter.api.Test;

class EditSweepTest {
  private static List<Double> strengths(Edit edit) {
    return edit.directions().stream().map(WeightedDirection::strength).toList();
  }

  @Test
  void stepsGoEvenlyFromTheFirstColumnToTheLast() {
    NativeLibrary.load();
    Window window = Window.parse("0.2-0.8");
    try (PointerScope scope = new PointerScope();
        Direction smile = direction("smile");
        Direction hat = direction("hat")) {
      Edit low = Edit.of(new WeightedDirection(smile, -2, window));
      Edit high = Edit.of(new WeightedDirection(smile, 2, window));
      EditPlan plan =
          new EditPlan("t", List.of(""), List.of("−2", "0", "+2"), List.of(low, Edit.NONE, high));
      EditPlan sweep = EditSweep.of(plan, 5);
      assertEquals(List.of("−2", "−1", "0", "+1", "+2"), sweep.columns());
      assertEquals("t", sweep.title());
      assertEquals(List.of(1.0), strengths(sweep.edits().get(3)));
      assertEquals(window, sweep.edits().get(2).directions().get(0).window());

      // In sequence: the first column has nothing yet.
      Edit both = high.and(new WeightedDirection(hat, 1));
      EditPlan sequence =
          new EditPlan(
              "",
              List.of("a", "b"),
              List.of("original", "all"),
              List.of(Edit.NONE, both, low, low));
      EditPlan way = EditSweep.of(sequence, 3);
      assertEquals(List.of(1.0, 0.5), strengths(way.edits().get(1)));
      assertEquals("smile +1, hat +0.5", way.columns().get(1));
      assertEquals(List.of(-2.0), strengths(way.edits().get(4)), "of the second block");
    }
  }

  private static Direction direction(String name) {
    return new Direction(
        name, Tensors.of(new double[] {1}, 1, 1, 1, 1), new int[] {500}, HSpace.AFTER);
  }
}
