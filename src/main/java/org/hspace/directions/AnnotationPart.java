package org.hspace.directions;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.FormatFile;
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
 * @param hShape shape of h {n, T, c, h, w}
 */
record AnnotationPart(
    Path file,
    Provenance provenance,
    List<String> labels,
    long[] seeds,
    double[][] scores,
    long[] hShape) {
  /** Value of the metadata key {@code format}. */
  static final String FORMAT = "hspace-annotations";

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
      long[] shape = {seeds.length, provenance.steps(), h[0], h[1], h[2]};
      file.floats("h", shape);
      double[] flat = Tensors.doubles(file.finite("scores", seeds.length, labels.size()));
      double[][] scores = new double[seeds.length][];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = Arrays.copyOfRange(flat, i * labels.size(), (i + 1) * labels.size());
      }
      return new AnnotationPart(path, provenance, labels, seeds, scores, shape);
    }
  }

  /** Number of samples n. */
  int size() {
    return seeds.length;
  }

  /** h (n, T, c, h, w) in the stored type; belongs to the enclosing scope or the caller. */
  Tensor h() {
    try (FormatFile part = FormatFile.open(file, KIND, FORMAT)) {
      return part.finite("h", hShape);
    }
  }
}
