package org.hspace.directions;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.FormatFile;
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Provenance;

/**
 * What a part file of annotations says of its n samples; their h stays in the file.
 *
 * @param file the part
 * @param provenance of the run that made it
 * @param labels the attributes (A)
 * @param seeds of the samples (n)
 * @param scores of the samples [n][A]
 * @param kept which of the samples have their h in the file, ascending
 * @param hShape shape of h {kept, T, c, h, w}
 */
record AnnotationPart(
    Path file,
    Provenance provenance,
    List<String> labels,
    long[] seeds,
    double[][] scores,
    int[] kept,
    long[] hShape) {
  /** Value of the metadata key {@code format}. */
  static final String FORMAT = "hspace-annotations";

  private static final String KEPT = "kept";
  private static final String KIND = "a part of annotations";

  /**
   * Reads a part.
   *
   * @throws org.hspace.HspaceException when it is not one, or was made with another model
   */
  static AnnotationPart read(Path path, Model model) {
    try (FormatFile file = FormatFile.open(path, KIND, FORMAT);
        PointerScope scope = new PointerScope()) {
      Provenance provenance = Provenance.parse(file.metadata("provenance"), file.place());
      provenance.checkModel(model, file.place());
      List<String> labels = file.names("labels");
      long[] seeds = file.integers("seeds", -1);
      int[] h = model.bottleneckShape(provenance.hSpace());
      int[] kept = kept(file, seeds.length);
      long[] shape = {kept.length, provenance.steps(), h[0], h[1], h[2]};
      if (kept.length > 0) file.floats("h", shape);
      double[] flat = Tensors.doubles(file.finite("scores", seeds.length, labels.size()));
      double[][] scores = new double[seeds.length][];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = Arrays.copyOfRange(flat, i * labels.size(), (i + 1) * labels.size());
      }
      return new AnnotationPart(path, provenance, labels, seeds, scores, kept, shape);
    }
  }

  /** All where the file says nothing. */
  private static int[] kept(FormatFile file, int size) {
    if (!file.contains(KEPT)) {
      return file.contains("h") ? IntStream.range(0, size).toArray() : new int[0];
    }
    long[] rows = file.integers(KEPT, -1);
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] < (i == 0 ? 0 : rows[i - 1] + 1) || rows[i] >= size)
        throw file.error(KEPT, "ascending numbers below " + size, rows[i]);
    }
    return Arrays.stream(rows).mapToInt(Math::toIntExact).toArray();
  }

  /**
   * Writes a part.
   *
   * @param metadata beside the format's own
   * @param kept which of the samples h is of, ascending
   * @param h (kept, T, c, h, w); null for none
   */
  static void write(
      Path path,
      Map<String, String> metadata,
      long[] seeds,
      double[][] scores,
      int[] kept,
      Tensor h) {
    try (PointerScope scope = new PointerScope();
        TensorFileWriter writer = new TensorFileWriter(path)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      if (kept.length > 0) tensors.put("h", h);
      tensors.put("scores", Tensors.of(scores).to(ScalarType.Float));
      tensors.put("seeds", Tensors.of(seeds));
      if (kept.length > 0 && kept.length < seeds.length)
        tensors.put(KEPT, Tensors.of(Arrays.stream(kept).asLongStream().toArray()));
      writer.metadata("format", FORMAT);
      metadata.forEach(writer::metadata);
      tensors.forEach((name, t) -> writer.declare(name, t.scalar_type(), Tensors.shape(t)));
      tensors.forEach(writer::write);
      writer.finish();
    }
  }

  /** Number of samples n. */
  int size() {
    return seeds.length;
  }

  /** Whether the h of all samples are there. */
  boolean whole() {
    return kept.length == seeds.length;
  }

  /**
   * h (kept, T, c, h, w) in the stored type, at least one; belongs to the enclosing scope or the
   * caller.
   */
  Tensor h() {
    try (FormatFile part = FormatFile.open(file, KIND, FORMAT)) {
      return part.finite("h", hShape);
    }
  }
}
