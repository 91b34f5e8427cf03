package org.hspace.cli;

import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.pipeline.DirectionSet;
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
      order = 61,
      description =
          "Element type in the file: float16, float32 or float64 (default: float32, or float64 of a float64 model).")
  private Type type;

  /** Writes directions in the type asked for, or in their own. */
  void save(DirectionSet directions, Path out) {
    if (type == null) directions.save(out);
    else directions.save(out, type.type);
  }
}
