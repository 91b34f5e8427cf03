package org.hspace.trajectory;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.model.DType;
import org.hspace.model.HSpace;
import org.hspace.model.Model;
import org.hspace.model.TinyModel;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.Lattice;
import org.hspace.schedule.NoiseSchedule;
import org.junit.jupiter.api.Test;

class DenoiserTest {
  /** Half the distance of bfloat16 numbers, relative to them: what rounding to them may change. */
  private static final double ROUNDING = 0x1p-9;

  /**
   * The first convolution of a bfloat16 network, and the sum h + Δh, are float32: a change of x or
   * Δh that rounding to bfloat16 would swallow reaches the result.
   */
  @Test
  void bfloat16NetworksTakeWhatIsFiner() {
    try (Model model = TinyModel.open(DType.BFLOAT16);
        PointerScope scope = new PointerScope()) {
      Denoiser denoiser = denoiser(model, HSpace.MIDDLE);
      Tensor x = coarse(torch.randn(2, 3, 16, 16));
      Tensor finer = Tensors.times(x, 1 + ROUNDING / 2);
      assertTrue(coarse(finer).equal(x), "rounded, they are the same");
      assertFalse(denoiser.noise(1, finer).equal(denoiser.noise(1, x)));

      Tensor delta = coarse(torch.randn(2, 16, 4, 4));
      Tensor finerDelta = Tensors.times(delta, 1 + ROUNDING / 2);
      assertTrue(coarse(finerDelta).equal(delta), "rounded, they are the same");
      Tensor edited = denoiser.next(1, x, null, (step, first, h) -> delta, 0, null);
      Tensor finerEdited = denoiser.next(1, x, null, (step, first, h) -> finerDelta, 0, null);
      assertFalse(finerEdited.equal(edited));
    }
  }

  private static Denoiser denoiser(Model model, HSpace hSpace) {
    Lattice lattice = NoiseSchedule.of(model.schedulerConfig()).lattice(4);
    return new Denoiser(model, lattice, new double[4], hSpace, null);
  }

  private static Tensor coarse(Tensor t) {
    return t.to(ScalarType.BFloat16).to(ScalarType.Float);
  }
}
