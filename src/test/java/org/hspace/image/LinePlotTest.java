package org.hspace.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class LinePlotTest {
  /** Mean height, from the top, of the pixels that are much more blue than red, in a column. */
  private static double blueHeight(RgbImage picture, int column) {
    int plane = picture.width() * picture.height();
    double sum = 0;
    int count = 0;
    for (int row = 0; row < picture.height(); row++) {
      int i = row * picture.width() + column;
      if (picture.values()[2 * plane + i] - picture.values()[i] > 0.6) {
        sum += row;
        count++;
      }
    }
    return count == 0 ? Double.NaN : sum / count;
  }

  private static RgbImage draw(double[] red, double[] blue) {
    return LinePlot.draw(
        "title", "counts", "sd", new int[] {1, 10, 100}, List.of("a", "b"), List.of(red, blue));
  }

  @Test
  void aCurveRisesWithItsValuesOnALogarithmicAxis() {
    double[] flat = {0, 0, 0};
    RgbImage picture = draw(flat, new double[] {0.1, 0.2, 0.3});
    int left = 75;
    int right = picture.width() - 140;
    double begin = blueHeight(picture, left);
    double middle = blueHeight(picture, (left + right) / 2);
    double end = blueHeight(picture, right);
    assertTrue(begin > middle && middle > end, begin + ", " + middle + ", " + end);
    assertEquals((begin + end) / 2, middle, 3); // 10 lies half-way between 1 and 100
  }

  @Test
  void valuesThatAreAllEqualOrNegativeAreDrawnToo() {
    double[] low = {-3e-4, -2e-4, -1e-4};
    RgbImage picture = draw(new double[] {0, 0, 0}, low);
    assertTrue(blueHeight(picture, 75) > blueHeight(picture, picture.width() - 140));
    assertTrue(Double.isFinite(blueHeight(draw(new double[3], new double[3]), 75)));
  }
}
