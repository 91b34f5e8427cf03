package org.hspace.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.directions.Annotations;
import org.hspace.directions.AttributeDirections;
import org.hspace.directions.AttributeOptions;
import org.hspace.io.CsvTable;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Injection;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;

/**
 * How many examples a direction needs, in h-space and in x_T space: the paper's Fig 8a.
 *
 * @param attribute which
 * @param examples pairs of highest and lowest samples that the direction is the mean difference of
 * @param hSpace effect of the edit in h-space at strength 1, in standard deviations of the
 *     attribute's score
 * @param xT effect of adding the mean difference of the starts to x_T
 */
public record ExamplesCurve(String attribute, int[] examples, double[] hSpace, double[] xT) {
  /**
   * Measures the curve on samples that were not annotated.
   *
   * @param examples numbers of pairs, each at most half of the annotated samples
   * @param samples on which effects are measured
   */
  public static ExamplesCurve measure(
      Model model,
      Classifier classifier,
      Annotations annotations,
      String attribute,
      int[] examples,
      int samples,
      SamplingOptions sampling,
      Progress progress) {
    int column = classifier.column(attribute);
    long first = Arrays.stream(annotations.seeds()).max().orElseThrow() + 1;
    long[] seeds = LongStream.range(first, first + samples).toArray();
    List<DirectionSet> sets = new ArrayList<>();
    List<Direction> directions = new ArrayList<>();
    try {
      for (int n : examples) {
        AttributeOptions options = new AttributeOptions(attribute, n, null, false);
        sets.add(new AttributeDirections(model).run(annotations, options));
        directions.add(sets.get(sets.size() - 1).get(0));
      }
      double[] strengths = new double[examples.length];
      Arrays.fill(strengths, 1);
      double[] effect = new double[examples.length];
      Moments plain = new Moments(1);
      int[] done = {0};
      new ScoredEdits(model, classifier, sampling, EditOptions.DEFAULT)
          .run(
              seeds,
              Change.of(directions),
              strengths,
              (before, after, original, edited) -> {
                plain.add(new double[] {before[column]});
                for (int i = 0; i < effect.length; i++)
                  effect[i] += after[i][column] - before[column];
              },
              () -> progress.report(++done[0], 2L * samples, "images"));
      double sd = plain.deviations()[0];
      if (sd == 0)
        throw new HspaceException("attribute " + attribute + ": all samples have the same score");
      double[] moved =
          inXT(
              model,
              classifier,
              sets,
              seeds,
              sampling,
              annotations.provenance().referenceSeeds(),
              column,
              plain.means()[0],
              () -> progress.report(++done[0], 2L * samples, "images"));
      for (int i = 0; i < effect.length; i++) {
        effect[i] /= samples * sd;
        moved[i] /= sd;
      }
      return new ExamplesCurve(attribute, examples.clone(), effect, moved);
    } finally {
      directions.forEach(Direction::close);
      sets.forEach(DirectionSet::close);
    }
  }

  /**
   * Mean change of the score when the mean difference of the examples' starts is added to x_T
   * (examples.length).
   */
  private static double[] inXT(
      Model model,
      Classifier classifier,
      List<DirectionSet> sets,
      long[] seeds,
      SamplingOptions sampling,
      boolean referenceSeeds,
      int column,
      double meanBefore,
      Runnable tick) {
    double[] after = new double[sets.size()];
    SamplingOptions drawing = // of which nothing but x_T matters
        sampling.withReferenceSeeds(referenceSeeds).withEta(EtaSchedule.DDIM);
    Tensor[] starts = new Tensor[sets.size()]; // (1, C, H, W)
    for (int i = 0; i < starts.length; i++) {
      DirectionSet set = sets.get(i);
      starts[i] =
          Tensors.scoped(
              () ->
                  mean(model, drawing, set, "positive_seeds")
                      .sub(mean(model, drawing, set, "negative_seeds")));
    }
    new Sampler(model)
        .stream(
            seeds,
            sampling.withRecordH(false),
            part -> {
              try (PointerScope scope = new PointerScope()) {
                for (int i = 0; i < starts.length; i++) {
                  Tensor xT = part.xT().add(starts[i].to(part.xT().scalar_type()));
                  try (Trajectory moved =
                      new Trajectory(
                          xT,
                          part.z() == null ? null : part.z().alias(),
                          null,
                          part.x0().alias(),
                          part.lattice(),
                          part.provenance())) {
                    int[] rows = IntStream.range(0, part.rows()).toArray();
                    Tensor images =
                        new Sampler(model)
                            .decode(
                                moved,
                                rows,
                                Injection.NONE,
                                part.provenance().hSpace(),
                                sampling.batch(),
                                Progress.NONE);
                    Tensor scores =
                        classifier.scores(model.pictures(images)).select(1, column); // (B)
                    after[i] += scores.to(ScalarType.Double).sum().item_double();
                  }
                }
                for (int row = 0; row < part.rows(); row++) tick.run();
              }
            },
            Progress.NONE);
    for (int i = 0; i < after.length; i++) {
      after[i] = after[i] / seeds.length - meanBefore;
      starts[i].close();
    }
    return after;
  }

  /** Mean x_T of the seeds that a set's provenance lists (1, C, H, W), double. */
  private static Tensor mean(Model model, SamplingOptions drawing, DirectionSet set, String key) {
    List<?> seeds = (List<?>) set.provenance().details().get(key);
    int[] shape = model.sampleShape();
    Tensor sum = Tensors.zeros(ScalarType.Double, 1, shape[0], shape[1], shape[2]);
    for (Object seed : seeds) {
      long[] one = {((Number) seed).longValue()};
      try (Trajectory drawn = new Sampler(model).draw(one, drawing)) {
        sum.add_(drawn.xT());
      }
    }
    return Tensors.times(sum, 1.0 / seeds.size());
  }

  /** As comma-separated values. */
  public String csv() {
    List<List<Object>> rows = new ArrayList<>();
    rows.add(List.of("examples", "h_space", "x_T"));
    for (int i = 0; i < examples.length; i++) {
      rows.add(List.of(examples[i], (float) hSpace[i], (float) xT[i]));
    }
    return CsvTable.text(rows);
  }
}
