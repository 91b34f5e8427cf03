package org.hspace.directions;

import java.nio.file.Files;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.linalg.IncrementalPca;
import org.hspace.linalg.PrincipalComponents;
import org.hspace.linalg.RotatedScores;
import org.hspace.nativelib.FormatFile;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Progress;

/**
 * The second pass of a rotated PCA: the samples are looked at again, for their scores on the
 * components that only the whole first pass tells.
 */
final class PcaScores {
  private static final String NAME = "scores";

  private final PcaSamples samples;
  private final IncrementalPca pca;
  private final PrincipalComponents components;
  private final PcaOptions options;
  private final RunFingerprint fingerprint;
  private final SavePace pace;
  private int done;

  PcaScores(
      PcaSamples samples,
      IncrementalPca pca,
      PrincipalComponents components,
      PcaOptions options,
      RunFingerprint fingerprint,
      SavePace pace) {
    this.samples = samples;
    this.pca = pca;
    this.components = components;
    this.options = options;
    this.fingerprint = fingerprint;
    this.pace = pace;
  }

  /** Scores all samples, from where a checkpoint stopped, and rotates. */
  RotatedScores rotate(Progress progress) {
    int n = options.samples();
    int k = options.components();
    try (PointerScope scope = new PointerScope()) {
      Tensor scores = Tensors.zeros(ScalarType.Double, n, k);
      done = resume(scores);
      progress.report(n + done, 2L * n, "images");
      Tensor mean = components.mean(); // (1, D)
      Tensor deviations = components.singularValues().div(new Scalar(Math.sqrt(n - 1.0))); // (1, k)
      Tensor filters = // (D, k)
          components
              .vectors()
              .select(0, 0)
              .div(deviations.clamp_min(new Scalar(Double.MIN_NORMAL)).t())
              .t();
      if (done < n) samples.score(done, mean, filters, part -> take(part, scores, progress));
      return RotatedScores.of(scores, options.rotation().contrast(), options.restarts());
    }
  }

  private void take(Tensor part, Tensor scores, Progress progress) {
    int rows = Math.toIntExact(part.size(0));
    try (PointerScope scope = new PointerScope()) {
      scores.narrow(0, done, rows).copy_(part);
      done += rows;
      fingerprint.tookPart(samples.machines());
      if (options.checkpoint() != null) {
        Tensor known = scores.narrow(0, 0, done);
        pace.after(
            () -> pca.save(options.checkpoint(), fingerprint.metadata(), Map.of(NAME, known)));
      }
    }
    progress.report(options.samples() + done, 2L * options.samples(), "images");
  }

  /** Rows (m, k) that the checkpoint holds; it was checked when the first pass went on from it. */
  private int resume(Tensor scores) {
    if (options.checkpoint() == null || !Files.exists(options.checkpoint())) return 0;
    try (FormatFile file = FormatFile.open(options.checkpoint());
        PointerScope scope = new PointerScope()) {
      if (!file.contains(NAME)) return 0;
      Tensor known = file.finite(NAME, -1, scores.size(1));
      if (known.size(0) > scores.size(0)) {
        throw file.error(NAME, "at most " + scores.size(0) + " rows", known.size(0));
      }
      scores.narrow(0, 0, known.size(0)).copy_(known);
      return Math.toIntExact(known.size(0));
    }
  }
}
