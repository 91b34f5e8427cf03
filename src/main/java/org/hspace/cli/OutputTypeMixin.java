package org.hspace.cli;

import org.bytedeco.pytorch.global.torch.ScalarType;
import picocli.CommandLine.Option;

/** In which type directions are written. */
final class OutputTypeMixin {
  /** Types of a direction file. */
  enum Type {
    FLOAT16(ScalarType.Half),
    FLOAT32(ScalarType.Float),
    FLOAT64(ScalarType.Double);

    private final ScalarType type;

    Type(ScalarType type) {
      this.type = type;
    }
  }

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      defaultValue = "float32",
      order = 61,
      description = "Element type in the file: float16, float32 or float64 (default: ${DEFAULT-VALUE}).")
  private Type type;

  ScalarType type() {
    return type.type;
  }
}
