package org.hspace.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.Rounding;
import org.hspace.image.MaskFile;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.Injection;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.NoiseSchedule;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EffectMeasurementTest {
  private static final int STEPS = 3;
  private static final int SAMPLES = 4;
  private static final int SETS = 2;
  private static final int CALIBRATION = 6;
  private static final SamplingOptions SAMPLING =
      SamplingOptions.DEFAULT.withSteps(STEPS).withBatch(4);

  private Model model;
  private Classifier classifier;
  private PointerScope scope;

  @BeforeEach
  void open() {
    model = TinyModel.open(DType.FLOAT64);
    classifier = TinyClassifier.open();
    scope = new PointerScope();
  }

  @AfterEach
  void close() {
    scope.close();
    classifier.close();
    model.close();
  }

  private Direction direction(String name, long seed) {
    double[] values = new Random(seed).doubles(STEPS * 256L, -2, 2).toArray();
    int[] timesteps = NoiseSchedule.of(model.schedulerConfig()).lattice(STEPS).timesteps();
    return new Direction(name, Tensors.of(values, STEPS, 16, 4, 4), timesteps, HSpace.AFTER);
  }

  private static EffectOptions options(
      OptionalDouble strength, double amount, double maxStrength, Tensor mask) {
    return new EffectOptions(
        SAMPLES,
        SETS,
        50,
        amount,
        maxStrength,
        strength,
        CALIBRATION,
        SAMPLING,
        EditOptions.DEFAULT,
        mask);
  }

  private EffectTable measure(EffectOptions options, Direction... directions) {
    List<Target> targets =
        java.util.Arrays.stream(directions)
            .map(d -> new Target(d, d.name().split("-")[0]))
            .toList();
    return EffectMeasurement.run(model, classifier, targets, options, Progress.NONE);
  }

  @Test
  void noStrengthHasNoEffect() {
    Direction[] directions = {direction("smile", 1), direction("age", 2)};
    EffectTable table = measure(options(OptionalDouble.of(0), 1, 4, null), directions);
    EffectTable moved = measure(options(OptionalDouble.of(20), 1, 32, null), directions);
    // Edited images are scored in larger batches than unedited ones, so the scores are rounded
    // differently.
    double[][] scores = scores(images(50 + SAMPLES * SETS, CALIBRATION, null, 0));
    double rounding = 0; // in standard deviations
    for (int a = 0; a < 5; a++) {
      double[] ofAttribute = column(scores, a);
      double largest = java.util.Arrays.stream(ofAttribute).map(Math::abs).max().orElseThrow();
      double inScore = Rounding.float32(TinyClassifier.OPERATIONS, largest);
      rounding = Math.max(rounding, inScore / sd(ofAttribute));
    }
    for (double others : moved.others()) {
      assertTrue(others > 10 * rounding, "an effect of " + others + " beside " + rounding);
    }
    for (double[] row : table.effect()) assertArrayEquals(new double[5], row, rounding);
    for (double[] row : table.effectSd()) assertArrayEquals(new double[5], row, 2 * rounding);
    assertArrayEquals(new double[2], table.others(), rounding);
    assertArrayEquals(new double[2], table.pixels(), 1e-9);
    assertEquals(0, table.diagonalMean(), rounding);
  }

  /** (n, 5) scores and the images (n, 3, 16, 16) of seeds, edited along a direction or not. */
  private Tensor images(long first, int count, Direction direction, double strength) {
    long[] seeds = LongStream.range(first, first + count).toArray();
    Trajectory plain = new Sampler(model).sample(seeds, SAMPLING, Progress.NONE);
    int[] rows = java.util.stream.IntStream.range(0, count).toArray();
    Injection injection =
        direction == null
            ? Injection.NONE
            : (step, row, h) ->
                Tensors.times(direction.delta().select(0, step), strength).unsqueeze(0);
    return new Sampler(model).decode(plain, rows, injection, HSpace.AFTER, 2, Progress.NONE);
  }

  private double[][] scores(Tensor images) {
    int n = Math.toIntExact(images.size(0));
    double[] flat = Tensors.doubles(classifier.scores(images));
    double[][] rows = new double[n][];
    for (int i = 0; i < n; i++) rows[i] = java.util.Arrays.copyOfRange(flat, 5 * i, 5 * i + 5);
    return rows;
  }

  private static double[] column(double[][] rows, int a) {
    return java.util.Arrays.stream(rows).mapToDouble(row -> row[a]).toArray();
  }

  private static double sd(double[] values) {
    return new org.apache.commons.math3.stat.descriptive.moment.StandardDeviation()
        .evaluate(values);
  }

  private static double mean(double[] values) {
    return java.util.Arrays.stream(values).average().orElseThrow();
  }

  @Test
  void theTableIsTheOneByHand() {
    Direction smile = direction("smile", 1);
    Direction age = direction("age-only", 2);
    double strength = 1.5;
    Tensor mask = MaskFile.read("2,3,6,5", 16, 16);
    EffectTable table = measure(options(OptionalDouble.of(strength), 1, 4, mask), smile, age);
    assertEquals(List.of("smile", "age-only"), table.directions());
    double[][] calibration = scores(images(50 + SAMPLES * SETS, CALIBRATION, null, 0));
    Direction[] directions = {smile, age};
    int[] target = {1, 2};
    double diagonal = 0;
    double off = 0;
    for (int k = 0; k < 2; k++) {
      double[][] means = new double[SETS][5];
      double others = 0;
      double pixels = 0;
      double inside = 0;
      for (int set = 0; set < SETS; set++) {
        Tensor before = images(50 + (long) set * SAMPLES, SAMPLES, null, 0);
        Tensor after = images(50 + (long) set * SAMPLES, SAMPLES, directions[k], strength);
        double[][] low = scores(before);
        double[][] high = scores(after);
        for (int a = 0; a < 5; a++) {
          double sd = sd(column(calibration, a));
          for (int i = 0; i < SAMPLES; i++) {
            double change = (high[i][a] - low[i][a]) / sd;
            means[set][a] += change / SAMPLES;
            if (a != target[k]) others += change * change / (4.0 * SAMPLES * SETS);
          }
        }
        Tensor square = after.sub(before).square();
        pixels += square.mean().item_double() / SETS;
        inside += square.narrow(2, 3, 5).narrow(3, 2, 6).mean().item_double() / SETS;
      }
      for (int a = 0; a < 5; a++) {
        double effect = mean(column(means, a));
        assertEquals(effect, table.effect()[k][a], 1e-4 * Math.max(1, Math.abs(effect)));
        assertEquals(
            sd(column(means, a)), table.effectSd()[k][a], 1e-4 * Math.max(1, Math.abs(effect)));
        if (a == target[k]) diagonal += effect / 2;
        else off += Math.abs(effect) / 8;
      }
      assertEquals(Math.sqrt(others), table.others()[k], 1e-4 * Math.sqrt(others));
      assertEquals(Math.sqrt(pixels), table.pixels()[k], 1e-9);
      assertEquals(Math.sqrt(inside), table.pixelsInside()[k], 1e-9);
      assertTrue(table.pixelsOutside()[k] > 0);
    }
    assertEquals(diagonal, table.diagonalMean(), 1e-3 * Math.max(1, Math.abs(diagonal)));
    assertEquals(off, table.offDiagonalMean(), 1e-3 * Math.max(1, off));
  }

  @Test
  void calibrationMovesTheTargetByTheAmount() {
    double[][] before = scores(images(50 + SAMPLES * SETS, CALIBRATION, null, 0));
    Direction upward = null; // a random direction that raises the score
    double atOne = 0;
    for (int seed = 1; atOne <= 0; seed++) {
      upward = direction("smile", seed);
      atOne = moved(before, upward, 1);
    }
    double amount = atOne / 2;
    EffectTable table = measure(options(OptionalDouble.empty(), amount, 16, null), upward);
    double moved = moved(before, upward, table.strengths()[0]);
    assertTrue(table.reached()[0]);
    assertEquals(amount, moved, 0.1 * amount);
    assertTrue(table.strengths()[0] < 1);

    EffectTable weak = measure(options(OptionalDouble.empty(), 1e6, 2, null), upward);
    assertEquals(2, weak.strengths()[0]);
    assertEquals(false, weak.reached()[0]);
    assertTrue(weak.text().contains("amount not reached"), weak.text());
  }

  /** Mean change of the score of smile over the calibration's seeds, in its standard deviations. */
  private double moved(double[][] before, Direction direction, double strength) {
    double[][] after = scores(images(50 + SAMPLES * SETS, CALIBRATION, direction, strength));
    return (mean(column(after, 1)) - mean(column(before, 1))) / sd(column(before, 1));
  }

  @Test
  void unknownAttributesAreNamed() {
    String message =
        assertThrows(
                HspaceException.class,
                () -> measure(options(OptionalDouble.of(1), 1, 4, null), direction("hat", 1)))
            .getMessage();
    assertTrue(message.contains("yaw, smile, age") && message.contains("'hat'"), message);
  }
}
