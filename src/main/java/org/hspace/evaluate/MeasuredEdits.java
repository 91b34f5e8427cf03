package org.hspace.evaluate;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.SamplingOptions;

/** Samples that are changed and measured, wherever that is done: here, or by other processes. */
@FunctionalInterface
public interface MeasuredEdits {
  /**
   * What was measured of one sample under K changes.
   *
   * @param before scores of the unedited image (A)
   * @param after scores of each changed image [K][A]
   * @param pixels mean square change of the pixels of each changed image: over all, inside and
   *     outside of the mask, the last two not a number without one (K·3)
   */
  record Measured(double[] before, double[][] after, double[] pixels) implements Serializable {}

  /**
   * Measures all seeds.
   *
   * @param changes K of them; none only scores the samples
   * @param strengths of each (K)
   * @param sink receives each sample, in the order of the seeds
   */
  void run(long[] seeds, List<Change> changes, double[] strengths, Consumer<Measured> sink);

  /**
   * In this process, batch by batch.
   *
   * @param mask M (1, 1, H, W) in a picture's size; null for none
   */
  static MeasuredEdits here(
      Model model,
      Classifier classifier,
      SamplingOptions sampling,
      EditOptions editing,
      Tensor mask) {
    return of(new ScoredEdits(model, classifier, sampling, editing), mask);
  }

  /**
   * In this process, and so that attributes of each image stay where they are.
   *
   * @param options how edits are measured
   * @param held what keeps them
   * @param attributes that each of the changes is meant to move; all of these are directions
   */
  static MeasuredEdits held(
      Model model,
      Classifier classifier,
      EffectOptions options,
      HeldEdits held,
      List<String> attributes) {
    ScoredEdits edits = new ScoredEdits(model, classifier, options.sampling(), options.editing());
    return of(edits.holding(held, attributes), options.mask());
  }

  private static MeasuredEdits of(ScoredEdits edits, Tensor mask) {
    return (seeds, changes, strengths, sink) ->
        edits.run(
            seeds,
            changes,
            strengths,
            (before, after, original, edited) ->
                sink.accept(
                    new Measured(
                        before,
                        after,
                        edited == null ? new double[0] : pixelSquares(original, edited, mask))),
            () -> {});
  }

  private static double[] pixelSquares(Tensor original, Tensor edited, Tensor mask) {
    try (PointerScope scope = new PointerScope()) {
      Tensor square = edited.sub(original).to(ScalarType.Double).square().mean(1); // (K, H, W)
      int k = Math.toIntExact(square.size(0));
      Tensor flat = square.reshape(k, -1); // (K, H·W)
      double[] all = Tensors.doubles(flat.mean(1));
      double[] inside = new double[k];
      double[] outside = new double[k];
      Arrays.fill(inside, Double.NaN);
      Arrays.fill(outside, Double.NaN);
      if (mask != null) {
        Tensor m = mask.to(ScalarType.Double).reshape(-1); // (H·W)
        double size = m.sum().item_double();
        double[] in = Tensors.doubles(flat.matmul(m));
        for (int i = 0; i < k; i++) {
          inside[i] = in[i] / size;
          outside[i] = (all[i] * m.numel() - in[i]) / (m.numel() - size);
        }
      }
      double[] result = new double[3 * k];
      for (int i = 0; i < k; i++) {
        result[3 * i] = all[i];
        result[3 * i + 1] = inside[i];
        result[3 * i + 2] = outside[i];
      }
      return result;
    }
  }
}
