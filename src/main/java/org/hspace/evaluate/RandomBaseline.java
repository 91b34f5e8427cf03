package org.hspace.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.SeedRange;

/**
 * How much more directions change than random ones of equal norm at every timestep.
 *
 * @param semantic root mean square change of the attributes along the directions, in standard
 *     deviations of their scores
 * @param semanticRandom the same along random directions
 * @param pixels root mean square change of the pixels along the directions, in units of [-1, 1]
 * @param pixelsRandom the same along random directions
 */
public record RandomBaseline(
    double semantic, double semanticRandom, double pixels, double pixelsRandom) {
  /** How many times as much the directions change the attributes. */
  public double semanticFactor() {
    return semantic / semanticRandom;
  }

  /** How many times as much the directions change the pixels. */
  public double pixelFactor() {
    return pixels / pixelsRandom;
  }

  /**
   * Edits samples along the k leading directions of a set and along k random ones, at the same
   * strength.
   *
   * @param strength γ of all edits
   * @param firstSeed of the samples, and of the random directions
   */
  public static RandomBaseline measure(
      Model model,
      Classifier classifier,
      DirectionSet set,
      int k,
      double strength,
      int samples,
      long firstSeed,
      SamplingOptions sampling,
      Progress progress) {
    int count = Math.min(k, set.size());
    List<Direction> directions = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) directions.add(set.get(i));
      for (int i = 0; i < count; i++) directions.add(random(directions.get(i), firstSeed + i));
      double[] strengths = new double[2 * count];
      Arrays.fill(strengths, strength);
      Moments plain = new Moments(classifier.labels().size());
      double[][] squares = new double[2][classifier.labels().size()]; // [ours, random][A]
      double[] pixels = new double[2];
      int[] done = {0};
      SeedRange.check(firstSeed, samples);
      long[] seeds = LongStream.range(firstSeed, firstSeed + samples).toArray();
      new ScoredEdits(model, classifier, sampling, EditOptions.DEFAULT)
          .run(
              seeds,
              Change.of(directions),
              strengths,
              (before, after, original, edited) -> {
                plain.add(before);
                for (int i = 0; i < after.length; i++) {
                  for (int a = 0; a < before.length; a++) {
                    squares[i / count][a] += Math.pow(after[i][a] - before[a], 2);
                  }
                }
                try (PointerScope scope = new PointerScope()) {
                  Tensor square = edited.sub(original).to(ScalarType.Double).square();
                  pixels[0] += square.narrow(0, 0, count).mean().item_double();
                  pixels[1] += square.narrow(0, count, count).mean().item_double();
                }
              },
              () -> progress.report(++done[0], samples, "images"));
      double n = (double) samples * count;
      return new RandomBaseline(
          rms(squares[0], plain.deviations(), n),
          rms(squares[1], plain.deviations(), n),
          Math.sqrt(pixels[0] / samples),
          Math.sqrt(pixels[1] / samples));
    } finally {
      directions.forEach(Direction::close);
    }
  }

  private static double rms(double[] squares, double[] sd, double n) {
    double sum = 0;
    for (int a = 0; a < squares.length; a++)
      sum += sd[a] == 0 ? 0 : squares[a] / (n * sd[a] * sd[a]);
    return Math.sqrt(sum / squares.length);
  }

  /** A Gaussian direction with the norm of another at every timestep. */
  static Direction random(Direction like, long seed) {
    try (PointerScope scope = new PointerScope()) {
      Random random = new Random(seed);
      Tensor delta = like.delta().to(ScalarType.Double);
      double[] values = new double[Math.toIntExact(delta.numel())];
      for (int i = 0; i < values.length; i++) values[i] = random.nextGaussian();
      Tensor drawn = Tensors.of(values, Tensors.shape(delta));
      Tensor scaled = drawn.mul(norms(delta)).div(norms(drawn)); // (T, c, h, w)
      return new Direction(
          "random of " + like.name(),
          scaled.to(like.delta().scalar_type()),
          like.timesteps(),
          like.hSpace());
    }
  }

  /** Norm at each timestep (T, 1, 1, 1). */
  private static Tensor norms(Tensor delta) {
    return delta.norm(new ScalarOptional(new Scalar(2.0)), new long[] {1, 2, 3}, true);
  }
}
