package org.hspace.directions;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.hspace.linalg.LinearMap;
import org.hspace.model.Bottleneck;
import org.hspace.model.HSpace;
import org.hspace.model.LinearizedDecoder;
import org.hspace.model.Model;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;

/**
 * {@code J_t = ∂(M ⊙ ε(x_t, h_t))/∂h_t} at several timesteps, one problem a timestep. The encoder
 * runs once for all of them; the products run on the linearised decoder.
 */
public final class DenoiserJacobian extends NativeResource implements LinearMap {
  private final LinearizedDecoder decoder;
  private final long[] domain;
  private final long[] codomain;
  private final Tensor like; // (0), of the type and on the device of h
  private final int[] timesteps; // (P)
  private final int[] identities; // (P)

  /**
   * Encodes and linearises.
   *
   * @param x noisy images x_t (P, C, H, W)
   * @param timesteps training timesteps t (P)
   * @param hSpace where h is
   * @param mask M (1, 1, H, W), or null
   */
  public DenoiserJacobian(Model model, Tensor x, int[] timesteps, HSpace hSpace, Tensor mask) {
    this(model, x, timesteps, IntStream.range(0, timesteps.length).toArray(), hSpace, mask);
  }

  /**
   * Encodes and linearises some of an image's timesteps.
   *
   * @param identities numbers that start vectors are drawn by, the same whatever other timesteps
   *     there are (P)
   */
  DenoiserJacobian(
      Model model, Tensor x, int[] timesteps, int[] identities, HSpace hSpace, Tensor mask) {
    this.timesteps = timesteps.clone();
    this.identities = identities.clone();
    int[] h = model.bottleneckShape(hSpace);
    int[] sample = model.sampleShape();
    domain = new long[] {h[0], h[1], h[2]};
    codomain = new long[] {sample[0], sample[1], sample[2]};
    try (PointerScope scope = new PointerScope()) {
      Tensor t = Tensors.of(Arrays.stream(timesteps).asLongStream().toArray()); // (P)
      Tensor typed = x.to(model.options().dtype().stateType());
      Tensor typedMask = mask == null ? null : model.toDevice(mask.to(typed.scalar_type()));
      try (Bottleneck bottleneck =
          model.unet().encode(model.toDevice(typed), model.toDevice(t), hSpace)) {
        decoder = own(new LinearizedDecoder(model.unet(), bottleneck, typedMask));
        like = own(bottleneck.h().new_empty(0));
      }
    }
  }

  /** Bytes that linearising took. */
  public long bytes() {
    return decoder.bytes();
  }

  @Override
  public int problems() {
    return identities.length;
  }

  @Override
  public long identity(int problem) {
    return identities[problem];
  }

  @Override
  public long[] domain() {
    return domain.clone();
  }

  @Override
  public long[] codomain() {
    return codomain.clone();
  }

  @Override
  public TensorOptions options() {
    return use(like::options);
  }

  @Override
  public Tensor apply(Tensor v, int[] problem) {
    return finite(decoder.jvp(v, rows(v, problem)), problem);
  }

  @Override
  public Tensor applyTranspose(Tensor u, int[] problem) {
    return finite(decoder.vjp(u, rows(u, problem)), problem);
  }

  private Tensor finite(Tensor products, int[] problem) {
    if (Finite.all(products)) return products;
    int i = 0;
    while (i + 1 < problem.length && Finite.all(products.select(0, i))) i++;
    throw new HspaceException(
        "timestep %d: a product with the Jacobian is not finite: %s; --dtype float64 may help"
            .formatted(timesteps[problem[i]], Finite.found(products.select(0, i))));
  }

  private static Tensor rows(Tensor like, int[] problem) {
    Tensor rows = Tensors.of(Arrays.stream(problem).asLongStream().toArray());
    return rows.to(like.device(), rows.scalar_type());
  }
}
