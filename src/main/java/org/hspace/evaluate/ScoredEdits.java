package org.hspace.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.hspace.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Conditioning;
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
 * Samples seeds, changes them and scores all images, batch by batch: memory does not grow with the
 * seeds.
 */
final class ScoredEdits {
  private final Model model;
  private final Classifier classifier;
  private final SamplingOptions sampling;
  private final EditOptions editing;
  private final HeldEdits held; // null: edits are as they are
  private final List<Set<String>> moved; // by each of the changes, where they are held

  ScoredEdits(Model model, Classifier classifier, SamplingOptions sampling, EditOptions editing) {
    this(
        model,
        classifier,
        sampling.withRecordH(false),
        editing.withBatch(sampling.batch()),
        null,
        List.of());
  }

  private ScoredEdits(
      Model model,
      Classifier classifier,
      SamplingOptions sampling,
      EditOptions editing,
      HeldEdits held,
      List<Set<String>> moved) {
    this.model = model;
    this.classifier = classifier;
    this.sampling = sampling;
    this.editing = editing;
    this.held = held;
    this.moved = moved;
  }

  /**
   * The same under edits that hold other attributes.
   *
   * @param attributes that each of the changes is meant to move; all of these are directions
   */
  ScoredEdits holding(HeldEdits edits, List<String> attributes) {
    List<Set<String>> each = attributes.stream().map(Set::of).toList();
    return new ScoredEdits(model, classifier, sampling, editing, edits, each);
  }

  /**
   * Refuses a strength that takes one of the changes beyond the model's type, or below guidance.
   */
  void checkStrength(List<Change> changes, double strength) {
    new EditGrid(model).checkStrengths(edits(changes, filled(changes.size(), strength)));
    for (Change change : changes) {
      if (change instanceof Change.ByPrompt by) guided(by, strength);
    }
  }

  private static double[] filled(int count, double value) {
    double[] values = new double[count];
    Arrays.fill(values, value);
    return values;
  }

  /** Receives one sample with its edits. */
  interface Sink {
    /**
     * @param before scores of the unedited image (A)
     * @param after scores of each edited image [K][A]
     * @param original the unedited picture (C, H, W); freed when this returns
     * @param edited the changed pictures (K, C, H, W); freed when this returns
     */
    void accept(double[] before, double[][] after, Tensor original, Tensor edited);
  }

  /**
   * Runs all seeds.
   *
   * @param changes K of them; none only scores the samples
   * @param strengths of each (K)
   */
  void run(
      long[] seeds, List<Change> changes, double[] strengths, Sink sink, Runnable afterSample) {
    int k = changes.size();
    int labels = classifier.labels().size();
    int[] begun = {0};
    new Sampler(model)
        .stream(
            seeds,
            sampling,
            part -> {
              try (PointerScope scope = new PointerScope()) {
                Tensor plain = model.pictures(part.x0()); // (B, C, H, W)
                long[] own = Arrays.copyOfRange(seeds, begun[0], begun[0] += part.rows());
                double[] before = Tensors.doubles(classifier.scores(plain));
                Tensor changed = k == 0 ? null : changed(part, own, changes, strengths);
                double[] after =
                    changed == null
                        ? new double[0]
                        : Tensors.doubles(classifier.scores(changed)); // (B·K·A)
                for (int row = 0; row < part.rows(); row++) {
                  double[][] ofRow = new double[k][];
                  for (int i = 0; i < k; i++) {
                    int cell = row * k + i;
                    ofRow[i] = Arrays.copyOfRange(after, cell * labels, (cell + 1) * labels);
                  }
                  sink.accept(
                      Arrays.copyOfRange(before, row * labels, (row + 1) * labels),
                      ofRow,
                      plain.select(0, row),
                      changed == null ? null : changed.narrow(0, (long) row * k, k));
                  afterSample.run();
                }
              }
            },
            Progress.NONE);
  }

  /** The pictures of every change of every row, row after row, (B·K, C, H, W). */
  private Tensor changed(Trajectory part, long[] seeds, List<Change> changes, double[] strengths) {
    List<Edit> edits = edits(changes, strengths); // D
    List<Tensor> byChange = new ArrayList<>(); // (B, C, H, W) each
    Tensor edited = edits.isEmpty() ? null : edited(part, edits); // (B, D, C, H, W)
    int along = 0;
    for (int i = 0; i < strengths.length; i++) {
      byChange.add(
          changes.get(i) instanceof Change.ByPrompt by
              ? under(guided(by, strengths[i]), seeds)
              : edited.select(1, along++));
    }
    Tensor all = torch.stack(new TensorVector(byChange.toArray(new Tensor[0])), 1);
    return all.reshape(-1, all.size(2), all.size(3), all.size(4));
  }

  /** (B, D, C, H, W) of D edits. */
  private Tensor edited(Trajectory part, List<Edit> edits) {
    try (Images images =
        held == null
            ? new EditGrid(model).run(part, edits, editing, Progress.NONE)
            : held.run(part, edits, moved, editing, Progress.NONE).images()) {
      Tensor flat = model.pictures(images.tensor()); // (B·D, C, H, W)
      return flat.reshape(part.rows(), edits.size(), flat.size(1), flat.size(2), flat.size(3));
    }
  }

  /** (B, C, H, W) of the seeds, conditioned otherwise. */
  private Tensor under(Conditioning other, long[] seeds) {
    SamplingOptions options = sampling.withConditioning(other);
    try (Trajectory made = new Sampler(model).sample(seeds, options, Progress.NONE)) {
      return model.pictures(made.x0());
    }
  }

  /** Those by directions. */
  private static List<Edit> edits(List<Change> changes, double[] strengths) {
    List<Edit> edits = new ArrayList<>();
    for (int i = 0; i < strengths.length; i++) {
      if (changes.get(i) instanceof Change.ByDirection along)
        edits.add(Edit.of(new WeightedDirection(along.direction(), strengths[i])));
    }
    return edits;
  }

  private Conditioning guided(Change.ByPrompt by, double strength) {
    Conditioning own = sampling.conditioning();
    if (own.prompt() == null || own.guidance() != 1) {
      throw new HspaceException(
          "guidance: expected samples of a prompt without guidance, where another prompt changes them, found "
              + own.guidance());
    }
    if (strength < 0)
      throw new HspaceException("strength: expected at least 0 of a prompt, found " + strength);
    return Conditioning.of(by.prompt()).guided(own.prompt(), strength);
  }
}
