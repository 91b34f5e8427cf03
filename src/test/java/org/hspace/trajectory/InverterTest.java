package org.hspace.trajectory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.model.DType;
import org.hspace.model.HSpace;
import org.hspace.model.Model;
import org.hspace.model.TinyModel;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.EtaSchedule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InverterTest {
  private static final InversionOptions OPTIONS = InversionOptions.DEFAULT.withSteps(10);

  private PointerScope scope;
  private Model model;

  @BeforeEach
  void open() {
    model = TinyModel.open(DType.FLOAT32);
    scope = new PointerScope();
  }

  @AfterEach
  void close() {
    scope.close();
    model.close();
  }

  /** Pictures that the model did not make: a lit disc before a gradient, (n, 3, 16, 16). */
  private static Tensor pictures(int n) {
    double[] values = new double[n * 3 * 256];
    for (int i = 0; i < values.length; i++) {
      int row = i / 768;
      int x = i % 16;
      int y = i / 16 % 16;
      boolean inside = Math.hypot(x - 6 - row, y - 8) < 4;
      values[i] = inside ? 0.8 - 0.3 * (i / 256 % 3) : 0.05 * (y - 8) - 0.2 * row;
    }
    return Tensors.of(values, n, 3, 16, 16).to(ScalarType.Float);
  }

  private static List<ImageSource> sources(int n) {
    return IntStream.range(0, n)
        .mapToObj(i -> new ImageSource("picture" + i + ".png", "00" + i))
        .toList();
  }

  private Inversion invert(int n, InversionOptions options) {
    return new Inverter(model).invert(pictures(n), sources(n), options, Progress.NONE);
  }

  private static double min(double[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).min().orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "0.5",
        "0.25",
        "0.01",
        "start:1:0.5",
        "end:1:0.5",
        "1@0.3-0.7",
        "0,1,0,1,0,0,1,1,0,1"
      })
  void ddpmRoundTrip(String eta) {
    try (Inversion inversion = invert(3, OPTIONS.withEta(EtaSchedule.parse(eta)))) {
      System.out.printf(
          "DDPM inversion, eta %s: PSNR %.1f dB, residual %.1e%n",
          eta, min(inversion.psnr()), inversion.residual()[0]);
      assertTrue(min(inversion.psnr()) >= 60, eta + ": " + min(inversion.psnr()) + " dB");
      Tensor z = inversion.trajectory().z();
      double[] etas = EtaSchedule.parse(eta).values(10);
      for (int i = 0; i < 10; i++) {
        double largest = z.select(1, i).abs().max().item_double();
        boolean noiseless = etas[i] == 0 || i == 9; // the last step ends at ᾱ = 1
        assertEquals(noiseless, largest == 0, "z of step " + i);
        assertTrue(Double.isFinite(largest));
      }
    }
  }

  @Test
  void refinedDdimRoundTrip() {
    double[] psnr = new double[3];
    int[] iterations = {0, 3, 60};
    for (int i = 0; i < 3; i++) {
      try (Inversion inversion = invert(2, OPTIONS.withRefine(iterations[i]))) {
        psnr[i] = min(inversion.psnr());
        System.out.printf(
            "DDIM inversion, refine %d: PSNR %.1f dB, residual %.1e%n",
            iterations[i], psnr[i], inversion.residual()[0]);
        if (i == 0) { // nothing is solved: the residual is the error of the round trip
          double error = Math.sqrt(4 * Math.pow(10, -inversion.psnr()[1] / 10) * 3 * 256);
          double norm = pictures(2).select(0, 1).norm().item_double();
          assertEquals(error / norm, inversion.residual()[1], 1e-5);
        }
        assertTrue(inversion.trajectory().z() == null);
        assertEquals("ddim", inversion.trajectory().provenance().method());
      }
    }
    assertTrue(psnr[0] < psnr[1] && psnr[1] < psnr[2], "refining helps");
    assertTrue(psnr[2] > 80, "exact to rounding where it converges: " + psnr[2]);
  }

  @Test
  void samplesAreInvertedToTheirStart() {
    SamplingOptions sampling =
        SamplingOptions.DEFAULT.withSteps(20).withEta(EtaSchedule.DDIM).withBatch(2);
    InversionOptions options = OPTIONS.withSteps(20).withRefine(200);
    try (Trajectory sample = new Sampler(model).sample(new long[] {8, 9}, sampling, Progress.NONE);
        Inversion inversion =
            new Inverter(model).invert(sample.x0(), sources(2), options, Progress.NONE)) {
      assertTrue(min(inversion.psnr()) > 100, "PSNR " + min(inversion.psnr()));
      double error = SamplerTest.relativeError(sample.xT(), inversion.trajectory().xT());
      assertTrue(error < 0.01, "x_T differs by " + error);
    }
  }

  @Test
  void theTrajectoryDecodesToTheReportedImageAndItsNoiseIsItsOwn() {
    InversionOptions options = OPTIONS.withEta(EtaSchedule.DDPM).withBatch(2);
    try (Inversion three = invert(3, options);
        Inversion one =
            new Inverter(model)
                .invert(
                    pictures(3).narrow(0, 1, 1), sources(1), options.withSeed(1), Progress.NONE)) {
      Trajectory trajectory = three.trajectory();
      Tensor decoded =
          new Sampler(model)
              .decode(
                  trajectory, new int[] {0, 1, 2}, Injection.NONE, HSpace.AFTER, 2, Progress.NONE);
      assertTrue(SamplerTest.relativeError(trajectory.x0(), decoded) < 1e-5);
      double error =
          SamplerTest.relativeError(trajectory.xT().narrow(0, 1, 1), one.trajectory().xT());
      assertTrue(error < 1e-5, "image i draws from seed + i whatever the batch: " + error);
      assertEquals(10, trajectory.h().size(1));
    }
  }

  @Test
  void psnrOfAKnownError() {
    Tensor image = torch.zeros(1, 3, 2, 2);
    Tensor other = torch.full(new long[] {1, 3, 2, 2}, new org.bytedeco.pytorch.Scalar(0.02));
    assertEquals(40, Inverter.psnr(image, other)[0], 1e-5); // 20 log10(2 / 0.02)
    assertEquals(Double.POSITIVE_INFINITY, Inverter.psnr(image, image)[0]);
  }

  @Test
  void imagesOfAnotherSizeAreNamed() {
    Tensor wrong = torch.zeros(1, 3, 8, 16);
    String message =
        assertThrows(
                HspaceException.class,
                () -> new Inverter(model).invert(wrong, sources(1), OPTIONS, Progress.NONE))
            .getMessage();
    assertTrue(message.contains("3 x 16 x 16") && message.contains("[1, 3, 8, 16]"), message);
  }
}
