package org.hspace.pipeline;

import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeResource;

/**
 * What an encoder pass leaves for one or several decoder passes: h, the skip connections and the
 * time embedding.
 */
public final class Bottleneck extends NativeResource {
  private final HspaceNative.Bottleneck handle;
  private final Tensor h;

  Bottleneck(HspaceNative.Bottleneck handle) {
    this.handle = own(handle);
    this.h = own(handle.h());
  }

  /**
   * The activation h_t before any Δh (B, c, h, w), in the state's type and on the model's device; a
   * view, of the enclosing scope or the caller.
   */
  public Tensor h() {
    return share(h);
  }

  /** The C++ object, for a {@linkplain #use use} of this. */
  HspaceNative.Bottleneck handle() {
    return handle;
  }
}
