package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Inversion from Java; its numbers are tested where they are computed, in inversion_test.cpp. */
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

  @Test
  void ddpmRoundTrip() {
    try (Inversion inversion = invert(3, OPTIONS.withEta(EtaSchedule.DDPM).withBatch(2))) {
      assertEquals(3, inversion.psnr().length);
      assertEquals(3, inversion.residual().length);
      assertTrue(min(inversion.psnr()) >= 60, min(inversion.psnr()) + " dB");
      Trajectory trajectory = inversion.trajectory();
      assertEquals(10, trajectory.z().size(1));
      assertEquals(10, trajectory.h().size(1));
      assertEquals("ddpm", trajectory.provenance().method());
      assertEquals(sources(3), trajectory.provenance().images());
    }
  }

  @Test
  void refinedDdimRoundTrip() {
    double[] psnr = new double[2];
    for (int i = 0; i < 2; i++) {
      try (Inversion inversion = invert(2, OPTIONS.withRefine(60 * i).withRecordH(false))) {
        psnr[i] = min(inversion.psnr());
        assertNull(inversion.trajectory().z());
        assertNull(inversion.trajectory().h());
        assertEquals("ddim", inversion.trajectory().provenance().method());
      }
    }
    assertTrue(psnr[0] < psnr[1], "refining helps");
    assertTrue(psnr[1] > 80, "exact to rounding where it converges: " + psnr[1]);
  }

  /** Every option reaches C++. */
  @Test
  void optionsArriveAsTheyAreSet() {
    InversionOptions options =
        new InversionOptions(
            3,
            EtaSchedule.parse("1,0.5,0"),
            HSpace.BEFORE,
            false,
            7,
            1e-3,
            Long.MAX_VALUE,
            2,
            Conditioning.NONE);
    List<Long> done = new ArrayList<>();
    try (Inversion found =
        new Inverter(model)
            .invert(pictures(3), sources(3), options, (d, total, unit) -> done.add(d))) {
      Provenance provenance = found.trajectory().provenance();
      assertEquals(List.of(1.0, 0.5, 0.0), provenance.eta());
      assertEquals(HSpace.BEFORE, provenance.hSpace());
      assertEquals(Provenance.ofImages(model, options, sources(3)), provenance);
    }
    assertEquals(18, done.size(), "two batches, three passes of three steps each");
    assertEquals(2, done.get(0));
    assertEquals(27, done.get(17));
    try (Inversion one = invert(1, options);
        Inversion other = invert(1, options.withSeed(0))) {
      assertFalse(one.trajectory().xT().equal(other.trajectory().xT()), "the seed");
    }
    try (Inversion loose = invert(1, withTolerance(0.1));
        Inversion strict = invert(1, withTolerance(1e-4))) {
      assertTrue(loose.residual()[0] > 2 * strict.residual()[0], "the tolerance");
    }
  }

  private static InversionOptions withTolerance(double tolerance) {
    return new InversionOptions(
        10, EtaSchedule.DDIM, HSpace.AFTER, false, 60, tolerance, 0, 8, Conditioning.NONE);
  }

  @Test
  void isCancelledAndThrowsWhatItsListenerThrows() {
    RuntimeException failure = new IllegalStateException("heard enough");
    Progress throwing =
        (done, total, unit) -> {
          throw failure;
        };
    Progress cancelling =
        new Progress() {
          @Override
          public void update(long done, long total, String unit) {}

          @Override
          public boolean cancelled() {
            return true;
          }
        };
    Inverter inverter = new Inverter(model);
    assertSame(
        failure,
        assertThrows(
            IllegalStateException.class,
            () -> inverter.invert(pictures(1), sources(1), OPTIONS, throwing)));
    assertThrows(
        CancellationException.class,
        () -> inverter.invert(pictures(1), sources(1), OPTIONS, cancelling));
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
