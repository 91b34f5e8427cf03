package org.hspace.cli;

import com.google.gson.Gson;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Provenance;
import picocli.CommandLine.Option;

/** {@code --save FILE}: the cells of a grid as numbers, for programs. */
final class CellsMixin {
  @Option(
      names = "--save",
      paramLabel = "FILE",
      order = 9,
      description =
          "Write what the cells hold as safetensors: x_0 (rows, columns, C, H, W), in [-1, 1], or latents.")
  @Writes(Writes.As.TENSORS)
  private Path file;

  /**
   * Writes the cells, if asked to.
   *
   * @param cells row by row
   * @param source of the images that they are made of
   */
  void write(
      Images cells, List<String> rows, List<String> columns, Provenance source, Console console) {
    if (file == null) return;
    try (TensorFileWriter writer = new TensorFileWriter(file);
        PointerScope scope = new PointerScope()) {
      Tensor x0 = cells.tensor();
      long[] shape = {rows.size(), columns.size(), x0.size(1), x0.size(2), x0.size(3)};
      writer.metadata("format", "hspace-cells");
      writer.metadata("version", "1");
      writer.metadata("rows", new Gson().toJson(rows));
      writer.metadata("columns", new Gson().toJson(columns));
      writer.metadata("provenance", source.toJson());
      writer.declare("x_0", x0.scalar_type(), shape);
      writer.write("x_0", x0.view(shape));
      writer.finish();
    }
    console.say("wrote " + file);
  }
}
