package org.hspace.trajectory;

import static org.bytedeco.pytorch.global.torch.createCPUGenerator;
import static org.bytedeco.pytorch.global.torch.randn;

import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Tensors;

/**
 * Standard normal noise from seeds. A seed's noise depends on the seed and the purpose alone, never
 * on the batch: each purpose of each seed has a stream of its own in LibTorch's CPU generator,
 * drawn in single precision.
 *
 * <p>The Mersenne twister behind that generator uses only 32 bits of its seed. Seed and purpose are
 * mapped to them one to one for seeds below 2^30, so no two of those share a stream; larger seeds
 * are folded in and may, by chance, collide.
 *
 * @param reference the Python reference's convention instead: the generator seeded with the seed
 *     itself for x_T, and with seed + 1 for z (whence sample s's z begins as sample s + 1's x_T)
 */
public record Noise(boolean reference) {
  private enum Purpose {
    X_T,
    Z,
    INVERSION
  }

  /**
   * The start of a trajectory.
   *
   * @return x_T (1, C, H, W), float32
   */
  public Tensor xT(long seed, int[] sampleShape) {
    return draw(reference ? seed : stream(seed, Purpose.X_T), 1, sampleShape);
  }

  /**
   * The noise added on the way.
   *
   * @return z (T, C, H, W), float32
   */
  public Tensor z(long seed, int steps, int[] sampleShape) {
    return draw(reference ? seed + 1 : stream(seed, Purpose.Z), steps, sampleShape);
  }

  /**
   * The noise of independently drawn x_t, for inverting an image.
   *
   * @return (T, C, H, W), float32
   */
  public Tensor inversion(long seed, int steps, int[] sampleShape) {
    return draw(stream(seed, Purpose.INVERSION), steps, sampleShape);
  }

  private static Tensor draw(long state, int count, int[] sampleShape) {
    return Tensors.scoped(
        () ->
            randn(
                new long[] {count, sampleShape[0], sampleShape[1], sampleShape[2]},
                new GeneratorOptional(createCPUGenerator(state)),
                Tensors.options(ScalarType.Float)));
  }

  /**
   * The generator's seed: 32 bits, by MurmurHash3's finaliser, which is a bijection of the 32-bit
   * integers.
   */
  private static long stream(long seed, Purpose purpose) {
    int key = (int) (seed << 2) + purpose.ordinal();
    key ^= mix((int) (seed >>> 30)); // mix(0) = 0
    return Integer.toUnsignedLong(mix(key));
  }

  private static int mix(int key) {
    key ^= key >>> 16;
    key *= 0x85ebca6b;
    key ^= key >>> 13;
    key *= 0xc2b2ae35;
    return key ^ key >>> 16;
  }
}
