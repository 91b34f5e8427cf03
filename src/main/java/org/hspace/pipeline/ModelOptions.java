package org.hspace.pipeline;

import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.Utf8;

/**
 * How a model is loaded.
 *
 * @param dtype precision of weights and activations
 * @param device where it runs
 * @param variant part of the weight files' names, for instance {@code fp16}; empty for none
 */
public record ModelOptions(DType dtype, Device device, String variant) {
  /** float32 on the processor, no variant. */
  public static final ModelOptions DEFAULT = new ModelOptions(DType.FLOAT32, Device.CPU, "");

  /** The same with another precision. */
  public ModelOptions withDType(DType other) {
    return new ModelOptions(other, device, variant);
  }

  /** The same on another device. */
  public ModelOptions withDevice(Device other) {
    return new ModelOptions(dtype, other, variant);
  }

  HspaceNative.ModelOptions toNative() {
    return new HspaceNative.ModelOptions()
        .dtype(dtype.scalarType())
        .device(device.toNative())
        .variant(Utf8.bytes(variant));
  }
}
