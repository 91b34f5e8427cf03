package org.hspace.image;

import static org.hspace.image.ImageFileTest.noise;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.RuntimeOptions;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RgbImageTest {
  @BeforeAll
  static void load() {
    NativeRuntime.configure(RuntimeOptions.HOST.withThreads(1));
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  @Test
  void crossesToTensorsAndBack() {
    RgbImage image = noise(5, 3, 1);
    try (Tensor tensor = image.toTensor();
        Tensor wide = tensor.to(torch.ScalarType.Double)) {
      assertArrayEquals(new long[] {1, 3, 3, 5}, Tensors.shape(tensor));
      assertEquals(image.values()[5], tensor.select(2, 1).flatten(0, -1).select(0, 0).item_float());
      assertArrayEquals(image.values(), RgbImage.of(tensor, 0).values());
      assertArrayEquals(image.values(), RgbImage.of(wide, 0).values());
    }
  }

  @Test
  void oneChannelBecomesGreyAndOthersAreRefused() {
    try (Tensor grey = Tensor.create(new float[] {0.25f, -0.5f}, 1, 1, 1, 2);
        Tensor four = Tensors.zeros(torch.ScalarType.Float, 1, 4, 2, 2)) {
      assertArrayEquals(
          new float[] {0.25f, -0.5f, 0.25f, -0.5f, 0.25f, -0.5f}, RgbImage.of(grey, 0).values());
      assertThrows(IllegalArgumentException.class, () -> RgbImage.of(four, 0));
    }
  }

  @Test
  void shrinkingAveragesAreasExactly() {
    RgbImage image = noise(12, 8, 2);
    RgbImage half = image.resize(6, 4);
    for (int channel = 0; channel < 3; channel++) {
      for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 6; x++) {
          float expected = 0;
          for (int i = 0; i < 4; i++) {
            expected += image.values()[(channel * 8 + 2 * y + i / 2) * 12 + 2 * x + i % 2] / 4;
          }
          assertEquals(expected, half.values()[(channel * 4 + y) * 6 + x], 1e-6);
        }
      }
    }
    // A factor that is no whole number still counts every pixel the same.
    assertEquals(mean(image.values()), mean(image.resize(5, 3).values()), 1e-6);
  }

  @Test
  void growingKeepsFlatAreasAndPlaces() {
    float[] flat = new float[3 * 4 * 4];
    java.util.Arrays.fill(flat, 0.3f);
    for (float value : new RgbImage(4, 4, flat).resize(11, 9).values()) {
      assertEquals(0.3f, value, 1e-6);
    }
    float[] ramp = new float[3 * 16 * 16];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = (i % 16) / 16f;
    }
    RgbImage large = new RgbImage(16, 16, ramp).resize(32, 32);
    for (int x = 8; x < 24; x++) {
      assertEquals(((x + 0.5) / 2 - 0.5) / 16, large.values()[16 * 32 + x], 0.003);
    }
  }

  @Test
  void fittingCutsTheCentre() {
    float[] values =
        new float[3 * 4 * 8]; // 8 wide, 4 high: the outer columns are -1, the inner four +1
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 8 < 2 || i % 8 > 5 ? -1 : 1;
    }
    RgbImage wide = new RgbImage(8, 4, values);
    for (float value : wide.fit(2, 2).values()) {
      assertEquals(1, value, 1e-6);
    }
    assertSame(wide, wide.fit(8, 4));
    assertEquals(3, wide.fit(3, 5).width());
    assertEquals(5, wide.fit(3, 5).height());
  }

  @Test
  void fitCutsStretchesOrPads() {
    float[] values = new float[3 * 8 * 4];
    for (int i = 0; i < values.length; i++) values[i] = i % 8 < 4 ? -1 : 0; // black | grey
    RgbImage wide = new RgbImage(8, 4, values);
    for (Fit fit : Fit.values()) {
      RgbImage square = fit.apply(wide, 4, 4);
      assertEquals(4, square.width());
      assertEquals(4, square.height());
      float[] column = new float[4]; // of the left edge
      for (int y = 0; y < 4; y++) column[y] = square.values()[4 * y];
      float[] expected = fit == Fit.PAD ? new float[] {1, -1, -1, 1} : new float[] {-1, -1, -1, -1};
      assertArrayEquals(expected, column, 1e-6f);
    }
  }
}
