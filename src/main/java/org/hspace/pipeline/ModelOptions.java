package org.hspace.pipeline;

import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.Utf8;

/**
 * How a model is loaded.
 *
 * @param dtype precision of weights and activations
 * @param device where it runs
 * @param variant part of the weight files' names, for instance {@code fp16}; empty for none
 * @param tile side of the tiles that a latent model's autoencoder works in, in latents, a multiple
 *     of 4 and at least 8; 0 for whole pictures, which are more exact and take more memory
 */
public record ModelOptions(DType dtype, Device device, String variant, int tile) {
  /** float32 on the processor, no variant. */
  public static final ModelOptions DEFAULT = new ModelOptions(DType.FLOAT32, Device.CPU, "", 0);

  /** The same with another precision. */
  public ModelOptions withDType(DType other) {
    return new ModelOptions(other, device, variant, tile);
  }

  /** The same on another device. */
  public ModelOptions withDevice(Device other) {
    return new ModelOptions(dtype, other, variant, tile);
  }

  /** The same with pictures in tiles. */
  public ModelOptions withTile(int other) {
    return new ModelOptions(dtype, device, variant, other);
  }

  public ModelOptions {
    if (tile != 0 && (tile < 8 || tile % 4 != 0)) {
      throw new HspaceException("tile: expected 0, or a multiple of 4 from 8 on, found " + tile);
    }
  }

  HspaceNative.ModelOptions toNative() {
    return new HspaceNative.ModelOptions()
        .dtype(dtype.scalarType())
        .device(device.toNative())
        .variant(Utf8.bytes(variant));
  }
}
