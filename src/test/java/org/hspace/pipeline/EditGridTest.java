package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.FlatMemory;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The border; what edits do is tested in {@code native/test/edit_test.cpp}. */
class EditGridTest {
  private static final int STEPS = 6;

  private Model model;
  private Trajectory trajectory;
  private PointerScope scope;
  private EditGrid grid;

  @BeforeEach
  void open() {
    model = TinyModel.open(DType.FLOAT64);
    SamplingOptions options = SamplingOptions.DEFAULT.withSteps(STEPS);
    trajectory = new Sampler(model).sample(new long[] {1, 2}, options, Progress.NONE);
    grid = new EditGrid(model);
    scope = new PointerScope();
  }

  @AfterEach
  void close() {
    scope.close();
    trajectory.close();
    model.close();
  }

  /** A direction on the trajectory's own lattice with entries of size 1. */
  private Direction direction(int seed, HSpace point) {
    double[] values = new java.util.Random(seed).doubles((long) STEPS * 256, -1, 1).toArray();
    Tensor delta = Tensors.of(values, STEPS, 16, 4, 4);
    return new Direction("d" + seed, delta, trajectory.lattice().timesteps(), point);
  }

  private Tensor run(boolean asymmetric, int batch, Edit... columns) {
    EditOptions options = new EditOptions(asymmetric, batch, InjectInto.BOTH);
    try (Images images = grid.run(trajectory, List.of(columns), options, Progress.NONE)) {
      return images.tensor();
    }
  }

  private static double difference(Tensor a, Tensor b) {
    return a.sub(b).abs().max().item_double();
  }

  private static Edit edit(Direction direction, double strength) {
    return Edit.of(new WeightedDirection(direction, strength));
  }

  @Test
  void noEditReturnsTheImage() {
    Direction d = direction(1, HSpace.AFTER);
    for (boolean asymmetric : new boolean[] {false, true}) {
      Tensor images = run(asymmetric, 4, Edit.NONE, edit(d, 0)); // (2 rows · 2 columns)
      for (int cell = 0; cell < 4; cell++) {
        Tensor original = trajectory.x0().select(0, cell / 2);
        assertTrue(difference(original, images.select(0, cell)) < 1e-10);
      }
    }
  }

  @Test
  void symmetricAndAsymmetricDiffer() {
    Edit column = edit(direction(1, HSpace.AFTER), 2);
    assertTrue(difference(run(false, 2, column), run(true, 2, column)) > 1e-4);
  }

  @Test
  void windowsOfTheTrajectoryAddUp() {
    Direction d = direction(1, HSpace.AFTER);
    WeightedDirection early = new WeightedDirection(d, 1, new Window(0, 0.5));
    WeightedDirection late = new WeightedDirection(d, 1, new Window(0.5, 1));
    Tensor images =
        run(false, 4, Edit.of(early), Edit.of(late), Edit.of(early).and(late), edit(d, 1));
    assertTrue(difference(images.select(0, 2), images.select(0, 3)) < 1e-10);
    assertTrue(difference(images.select(0, 0), images.select(0, 3)) > 1e-4);
    assertTrue(difference(images.select(0, 1), images.select(0, 3)) > 1e-4);
    Tensor zeroed = d.delta().clone();
    zeroed.narrow(0, 3, 3).zero_();
    Direction firstHalf = new Direction("half", zeroed, d.timesteps(), HSpace.AFTER);
    assertTrue(
        difference(run(false, 2, edit(firstHalf, 1)).select(0, 0), images.select(0, 0)) < 1e-10);
  }

  @Test
  void misfitsAreNamed() {
    Edit mixed =
        edit(direction(1, HSpace.AFTER), 1)
            .and(new WeightedDirection(direction(2, HSpace.BEFORE), 1));
    String message = assertThrows(HspaceException.class, () -> run(false, 1, mixed)).getMessage();
    assertTrue(message.contains("h-space after") && message.contains("before"), message);
    Direction small =
        new Direction(
            "small", Tensors.zeros(ScalarType.Float, 1, 8, 4, 4), new int[] {0}, HSpace.AFTER);
    message = assertThrows(HspaceException.class, () -> run(false, 1, edit(small, 1))).getMessage();
    assertTrue(message.contains("(16, 4, 4)") && message.contains("small"), message);
    assertThrows(HspaceException.class, () -> run(false, 1));
  }

  @Test
  void aGridCanBeCancelled() {
    Progress listener =
        new Progress() {
          private long heard;

          @Override
          public void update(long done, long total, String unit) {
            heard = done;
          }

          @Override
          public boolean cancelled() {
            return heard >= 2;
          }
        };
    List<Edit> none = List.of(Edit.NONE);
    assertThrows(
        CancellationException.class,
        () -> grid.run(trajectory, none, EditOptions.DEFAULT, listener));
    assertEquals(2, grid.run(trajectory, none, EditOptions.DEFAULT, Progress.NONE).size());
  }

  @Test
  void countsWhatAllItsGridsTook() {
    Direction d = direction(1, HSpace.AFTER);
    run(false, 16, Edit.NONE, edit(d, 1), edit(d, 2)); // one x_T of each of two images
    assertEquals(
        new EditWork(STEPS, 2 * (1 + 3 * (STEPS - 1)), 2 * 3 * STEPS, 2 * 3 * STEPS), grid.work());
    run(false, 16, Edit.NONE, edit(d, 0));
    assertEquals(
        new EditWork(
            2 * STEPS,
            2 * (1 + 3 * (STEPS - 1)) + 2 * STEPS,
            2 * 3 * STEPS + 2 * STEPS,
            2 * 3 * STEPS + 2 * 2 * STEPS),
        grid.work());
  }

  @Test
  void memoryStaysFlatOverManyEdits() {
    Direction d = direction(1, HSpace.AFTER);
    List<Edit> columns = IntStream.range(0, 10).mapToObj(i -> edit(d, i * 0.1)).toList();
    SamplingOptions options = SamplingOptions.DEFAULT.withSteps(2);
    try (Trajectory two = new Sampler(model).sample(new long[] {1, 2}, options, Progress.NONE)) {
      // x_t of the 20 images is 120 KiB: leaked once a step it comes to 70 MiB.
      boolean[] asymmetric = {false};
      FlatMemory.assertFlat(
          () -> {
            asymmetric[0] = !asymmetric[0];
            EditOptions each = new EditOptions(asymmetric[0], 20, InjectInto.BOTH);
            grid.run(two, columns, each, Progress.NONE).close();
          },
          30,
          300);
    }
  }
}
