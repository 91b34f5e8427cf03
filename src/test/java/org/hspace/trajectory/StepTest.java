package org.hspace.trajectory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.PredictionType;
import org.junit.jupiter.api.Test;

class StepTest {
  private static final double ALPHA = 0.6;
  private static final double X0 = 0.3;
  private static final double NOISE = -1.7;

  private static Tensor scalar(double value) {
    return Tensors.of(new double[] {value}, 1);
  }

  /** Whatever the network predicts, the same x_0 and ε must come out of it. */
  @Test
  void predictionsAgree() {
    NativeLibrary.load();
    double a = Math.sqrt(ALPHA);
    double s = Math.sqrt(1 - ALPHA);
    double x = a * X0 + s * NOISE;
    double[] outputs = {NOISE, a * NOISE - s * X0, X0};
    try (PointerScope scope = new PointerScope()) {
      for (PredictionType type : PredictionType.values()) {
        Step step = new Step(ALPHA, 0.8, 0.1, type, null, false);
        Tensor output = scalar(outputs[type.ordinal()]);
        assertEquals(X0, step.clean(scalar(x), output).item_double(), 1e-12, type.id());
        assertEquals(NOISE, step.noise(scalar(x), output).item_double(), 1e-12, type.id());
        double expected = Math.sqrt(0.8) * X0 + Math.sqrt(1 - 0.8 - 0.01) * NOISE;
        assertEquals(
            expected, step.mean(scalar(x), output, output).item_double(), 1e-12, type.id());
      }
    }
  }

  @Test
  void backwardUndoesTheNoiselessStep() {
    NativeLibrary.load();
    try (PointerScope scope = new PointerScope()) {
      Step step = new Step(ALPHA, 0.8, 0, PredictionType.EPSILON, null, false);
      Tensor x = scalar(0.9);
      Tensor noise = scalar(NOISE);
      Tensor end = step.mean(x, noise, noise);
      assertEquals(0.9, step.backward(end, noise).item_double(), 1e-12);
    }
  }
}
