package org.hspace.image;

import java.util.function.DoubleUnaryOperator;

/**
 * Separable resampling of one plane of samples, one axis after the other.
 *
 * <p>Shrinking takes the area average (every source sample counts by the share of it that the
 * target sample covers), which neither aliases nor rings; growing takes the Lanczos kernel with
 * three lobes.
 */
final class Resampler {
  private static final double LANCZOS_LOBES = 3;

  /** Weights of the source samples {@code first, first + 1, …} in one target sample. */
  private record Tap(int first, float[] weights) {}

  private Resampler() {}

  /**
   * Resamples a plane.
   *
   * @param plane {@code (height, width)}, row by row
   * @return {@code (newHeight, newWidth)}
   */
  static float[] resample(float[] plane, int width, int height, int newWidth, int newHeight) {
    float[] wide = rows(plane, width, height, taps(width, newWidth));
    float[] tall =
        rows(transpose(wide, newWidth, height), height, newWidth, taps(height, newHeight));
    return transpose(tall, newHeight, newWidth);
  }

  private static float[] rows(float[] plane, int width, int height, Tap[] taps) {
    float[] result = new float[height * taps.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < taps.length; x++) {
        float sum = 0;
        int at = y * width + taps[x].first;
        for (float weight : taps[x].weights) {
          sum += weight * plane[at++];
        }
        result[y * taps.length + x] = sum;
      }
    }
    return result;
  }

  private static float[] transpose(float[] plane, int width, int height) {
    float[] result = new float[plane.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        result[x * height + y] = plane[y * width + x];
      }
    }
    return result;
  }

  private static Tap[] taps(int from, int to) {
    double step = (double) from / to;
    Tap[] taps = new Tap[to];
    for (int i = 0; i < to; i++) {
      taps[i] = to <= from ? areaTap(i * step, (i + 1) * step, from) : lanczosTap(i, step, from);
    }
    return taps;
  }

  private static Tap areaTap(double begin, double end, int from) {
    int first = (int) Math.floor(begin);
    int last = Math.min(from - 1, (int) Math.ceil(end) - 1);
    return tap(first, last, j -> Math.max(0, Math.min(end, j + 1) - Math.max(begin, j)));
  }

  private static Tap lanczosTap(int i, double step, int from) {
    double centre = (i + 0.5) * step - 0.5;
    int first = Math.max(0, (int) Math.ceil(centre - LANCZOS_LOBES));
    int last = Math.min(from - 1, (int) Math.floor(centre + LANCZOS_LOBES));
    return tap(first, last, j -> lanczos(j - centre));
  }

  private static Tap tap(int first, int last, DoubleUnaryOperator weight) {
    double sum = 0;
    for (int j = first; j <= last; j++) {
      sum += weight.applyAsDouble(j);
    }
    float[] weights = new float[last - first + 1];
    for (int j = first; j <= last; j++) {
      weights[j - first] = (float) (weight.applyAsDouble(j) / sum);
    }
    return new Tap(first, weights);
  }

  private static double lanczos(double x) {
    return Math.abs(x) >= LANCZOS_LOBES ? 0 : sinc(x) * sinc(x / LANCZOS_LOBES);
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }
}
