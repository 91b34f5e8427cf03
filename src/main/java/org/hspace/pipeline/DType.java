package org.hspace.pipeline;

import java.util.Locale;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;

/** Precision of the network's weights and activations. */
public enum DType {
  FLOAT32(ScalarType.Float, ScalarType.Float, Float.BYTES),
  FLOAT64(ScalarType.Double, ScalarType.Double, Double.BYTES),
  BFLOAT16(ScalarType.BFloat16, ScalarType.Float, Short.BYTES);

  private final ScalarType scalarType;
  private final ScalarType stateType;
  private final int bytes;

  DType(ScalarType scalarType, ScalarType stateType, int bytes) {
    this.scalarType = scalarType;
    this.stateType = stateType;
    this.bytes = bytes;
  }

  /** The network's own type. */
  public ScalarType scalarType() {
    return scalarType;
  }

  /** Type of everything between network passes (x_t, z_t, h_t, Δh): at least single precision. */
  public ScalarType stateType() {
    return stateType;
  }

  /** Of one number of the network. */
  public int bytes() {
    return bytes;
  }

  /** The name in options: {@code float32}, {@code float64} or {@code bfloat16}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The type with the given {@link #id}.
   *
   * @throws HspaceException naming the allowed values
   */
  public static DType parse(String id) {
    for (DType type : values()) {
      if (type.id().equals(id)) return type;
    }
    throw new HspaceException("dtype: expected float32, float64 or bfloat16, found '" + id + "'");
  }
}
