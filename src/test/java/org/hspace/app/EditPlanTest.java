package org.hspace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.WeightedDirection;
import org.hspace.pipeline.Window;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EditPlanTest {
  private static final OptionalDouble NONE = OptionalDouble.empty();

  private PointerScope scope;
  private List<Direction> two;

  @BeforeEach
  void open() {
    NativeLibrary.load();
    scope = new PointerScope();
    two = List.of(direction("smile"), direction("hat"));
  }

  @AfterEach
  void close() {
    two.forEach(Direction::close);
    scope.close();
  }

  private static Direction direction(String name) {
    return new Direction(
        name, Tensors.of(new double[] {1}, 1, 1, 1, 1), new int[] {500}, HSpace.AFTER);
  }

  private EditPlan plan(
      List<OptionalDouble> own, Strengths strengths, double smile, double hat, EditPlan.Mode mode) {
    List<OptionalDouble> suggested =
        List.of(
            Double.isNaN(smile) ? NONE : OptionalDouble.of(smile),
            Double.isNaN(hat) ? NONE : OptionalDouble.of(hat));
    return EditPlan.of(two, own, strengths, suggested, Window.ALL, mode);
  }

  /** Strengths of one column. */
  private static List<Double> column(EditPlan plan, int number) {
    return plan.edits().get(number).directions().stream().map(WeightedDirection::strength).toList();
  }

  @Test
  void columnsAreMultiplesOfWhatEachDirectionSuggests() {
    EditPlan plan = plan(List.of(NONE, NONE), null, 0.25, 50, EditPlan.Mode.TOGETHER);
    assertEquals(List.of("−2 ×", "−1 ×", "0", "+1 ×", "+2 ×"), plan.columns());
    assertEquals("smile × 0.25, hat × 50", plan.title());
    assertEquals(List.of(-0.5, -100.0), column(plan, 0));
    EditPlan each = plan(List.of(NONE, NONE), null, 0.25, 50, EditPlan.Mode.EACH);
    assertEquals(List.of(50.0), column(each, 8));
  }

  @Test
  void oneUnitIsWrittenOut() {
    EditPlan alone = plan(List.of(NONE, OptionalDouble.of(2)), null, 0.25, 50, EditPlan.Mode.EACH);
    assertEquals(List.of("−0.5", "−0.25", "0", "+0.25", "+0.5"), alone.columns());
    EditPlan before =
        plan(List.of(NONE, NONE), null, Double.NaN, Double.NaN, EditPlan.Mode.TOGETHER);
    assertEquals(List.of("−3", "−1.5", "0", "+1.5", "+3"), before.columns());
  }

  @Test
  void strengthsThatAreGivenAreTakenAsTheyAre() {
    EditPlan plan =
        plan(List.of(NONE, NONE), Strengths.parse("1,2"), 0.25, 50, EditPlan.Mode.TOGETHER);
    assertEquals(List.of("+1", "+2"), plan.columns());
    assertEquals(List.of(2.0, 2.0), column(plan, 1));
  }
}
