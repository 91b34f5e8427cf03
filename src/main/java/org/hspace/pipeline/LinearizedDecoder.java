package org.hspace.pipeline;

import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.NativeResource;

/**
 * The decoder's exact derivative {@code J_b = ∂(M ⊙ ε)/∂h} at each of the B rows of a bottleneck,
 * as a linear map: nothing of the decoder is computed again for a product.
 */
public final class LinearizedDecoder extends NativeResource {
  private final HspaceNative.LinearizedDecoder handle;

  /**
   * Runs the decoder once and records what the derivative of each layer needs.
   *
   * @param mask M (1, 1, H, W) or (B, 1, H, W), or null for the whole image
   */
  public LinearizedDecoder(UNet unet, Bottleneck bottleneck, Tensor mask) {
    this.handle =
        unet.use(
            () -> bottleneck.use(() -> NativeCall.scoped(() -> linearize(unet, bottleneck, mask))));
  }

  private HspaceNative.LinearizedDecoder linearize(UNet unet, Bottleneck bottleneck, Tensor mask) {
    Tensor given = mask == null ? new Tensor() : mask;
    return own(new HspaceNative.LinearizedDecoder(unet.handle(), bottleneck.handle(), given));
  }

  /**
   * {@code J_rows[i] v_i}.
   *
   * @param v tangents (n, c, h, w)
   * @param rows (n) int64 in [0, B)
   * @return (n, C, H, W)
   */
  public Tensor jvp(Tensor v, Tensor rows) {
    return use(() -> handle.jvp(v, rows));
  }

  /**
   * {@code J_rows[i]ᵀ u_i}.
   *
   * @param u cotangents (n, C, H, W)
   * @param rows (n) int64 in [0, B)
   * @return (n, c, h, w)
   */
  public Tensor vjp(Tensor u, Tensor rows) {
    return use(() -> handle.vjp(u, rows));
  }

  /** Bytes recorded, proportional to B. */
  public long bytes() {
    return use(handle::bytes);
  }
}
