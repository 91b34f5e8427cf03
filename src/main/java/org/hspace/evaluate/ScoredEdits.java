package org.hspace.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;

/**
 * Samples seeds, edits them along directions and scores all images, batch by batch: memory does not
 * grow with the seeds.
 */
final class ScoredEdits {
  private final Model model;
  private final Classifier classifier;
  private final SamplingOptions sampling;
  private final EditOptions editing;

  ScoredEdits(Model model, Classifier classifier, SamplingOptions sampling, EditOptions editing) {
    this.model = model;
    this.classifier = classifier;
    this.sampling = sampling.withRecordH(false);
    this.editing = editing.withBatch(sampling.batch());
  }

  /** Refuses a strength that takes one of the directions beyond the model's type. */
  void checkStrength(List<Direction> directions, double strength) {
    new EditGrid(model)
        .checkStrengths(
            directions.stream()
                .map(direction -> Edit.of(new WeightedDirection(direction, strength)))
                .toList());
  }

  /** Receives one sample with its edits. */
  interface Sink {
    /**
     * @param before scores of the unedited image (A)
     * @param after scores of each edited image [K][A]
     * @param original the unedited picture (C, H, W); freed when this returns
     * @param edited the edited pictures (K, C, H, W); freed when this returns
     */
    void accept(double[] before, double[][] after, Tensor original, Tensor edited);
  }

  /**
   * Runs all seeds.
   *
   * @param directions K directions; none only scores the samples
   * @param strengths of each direction (K)
   */
  void run(
      long[] seeds,
      List<Direction> directions,
      double[] strengths,
      Sink sink,
      Runnable afterSample) {
    List<Edit> edits = new ArrayList<>();
    for (int k = 0; k < strengths.length; k++) {
      edits.add(Edit.of(new WeightedDirection(directions.get(k), strengths[k])));
    }
    EditGrid grid = new EditGrid(model);
    int labels = classifier.labels().size();
    new Sampler(model)
        .stream(
            seeds,
            sampling,
            part -> {
              try (PointerScope scope = new PointerScope()) {
                Tensor plain = model.pictures(part.x0()); // (B, C, H, W)
                double[] before = Tensors.doubles(classifier.scores(plain));
                Tensor edited = edits.isEmpty() ? null : edit(grid, part, edits);
                double[] after =
                    edited == null ? new double[0] : Tensors.doubles(classifier.scores(edited));
                for (int row = 0; row < part.rows(); row++) {
                  double[][] ofRow = new double[edits.size()][];
                  for (int k = 0; k < ofRow.length; k++) {
                    int cell = row * edits.size() + k;
                    ofRow[k] = Arrays.copyOfRange(after, cell * labels, (cell + 1) * labels);
                  }
                  sink.accept(
                      Arrays.copyOfRange(before, row * labels, (row + 1) * labels),
                      ofRow,
                      plain.select(0, row),
                      edited == null
                          ? null
                          : edited.narrow(0, (long) row * edits.size(), edits.size()));
                  afterSample.run();
                }
              }
            },
            Progress.NONE);
  }

  private Tensor edit(EditGrid grid, Trajectory part, List<Edit> edits) {
    try (Images images = grid.run(part, edits, editing, Progress.NONE)) {
      return model.pictures(images.tensor()); // (B·K, C, H, W)
    }
  }
}
