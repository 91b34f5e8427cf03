package org.hspace.pipeline;

import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeResource;

/**
 * The denoiser, split at its bottleneck: {@code encode} to h_t, {@code decode} to the prediction.
 */
public final class UNet extends NativeResource {
  private final HspaceNative.UNet handle;
  private final Tensor noDelta;

  UNet(HspaceNative.UNet handle) {
    this.handle = own(handle);
    this.noDelta = own(new Tensor());
  }

  /** How many numbers the network has. */
  public long parameters() {
    return use(handle::parameters);
  }

  /**
   * The encoder, up to the bottleneck.
   *
   * @param x noisy images (B, C, H, W), best in the state's type: the network rounds where it has
   *     to
   * @param t training timesteps, (1) for all rows or (B)
   * @param point where h is read, and where {@link #decode} will add Δh
   * @return to be closed by the caller
   */
  public Bottleneck encode(Tensor x, Tensor t, HSpace point) {
    return use(() -> new Bottleneck(handle.encode(x, t, point.ordinal())));
  }

  /**
   * The decoder, from the bottleneck to the output.
   *
   * @param bottleneck from {@link #encode}; it may serve several passes
   * @param deltaH Δh (1, c, h, w) or (B, c, h, w), or null for none
   * @return the prediction (B, C, H, W) in the state's type; to be closed by the caller
   */
  public Tensor decode(Bottleneck bottleneck, Tensor deltaH) {
    return with(bottleneck, b -> handle.decode(b, deltaH == null ? noDelta : deltaH));
  }

  /**
   * J v by LibTorch's forward mode, one whole decoder a tangent: the readable oracle of {@link
   * LinearizedDecoder}.
   *
   * @param bottleneck of one row
   * @param v tangents (n, c, h, w)
   * @return (n, C, H, W)
   */
  public Tensor autogradJvp(Bottleneck bottleneck, Tensor v) {
    return with(bottleneck, b -> handle.autogradJvp(b, v));
  }

  /**
   * Jᵀ u by LibTorch's reverse mode.
   *
   * @param bottleneck of one row
   * @param u cotangents (n, C, H, W)
   * @return (n, c, h, w)
   */
  public Tensor autogradVjp(Bottleneck bottleneck, Tensor u) {
    return with(bottleneck, b -> handle.autogradVjp(b, u));
  }

  private <T> T with(Bottleneck bottleneck, Function<HspaceNative.Bottleneck, T> call) {
    return use(() -> bottleneck.use(() -> call.apply(bottleneck.handle())));
  }

  /** The C++ object, for a {@linkplain #use use} of this. */
  HspaceNative.UNet handle() {
    return handle;
  }
}
