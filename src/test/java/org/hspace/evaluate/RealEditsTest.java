package org.hspace.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.ImageSource;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Inversion;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Inverter;
import org.hspace.pipeline.Locality;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.NoiseSchedule;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;
import org.junit.jupiter.api.Test;

class RealEditsTest {
  private static final int STEPS = 3;
  private static final int ATTRIBUTES = 5;
  private static final int SAMPLES = 4;
  private static final int SMILE = 1; // among the classifier's labels

  @Test
  void aRegionIsTheFewestPixelsThatHoldMostOfTheChange() {
    assertArrayEquals(
        new boolean[] {true, false, true, true}, RealEdits.region(new double[] {4, 1, 3, 2}));
    assertArrayEquals(new boolean[] {false, true}, RealEdits.region(new double[] {0, 5}));
  }

  @Test
  void figuresAreThoseOfTheEditedPictures() {
    try (Model model = TinyModel.open(DType.FLOAT64);
        Classifier classifier = TinyClassifier.open();
        PointerScope scope = new PointerScope()) {
      double[] values = new Random(1).doubles(STEPS * 256L, -2, 2).toArray();
      int[] timesteps = NoiseSchedule.of(model.schedulerConfig()).lattice(STEPS).timesteps();
      Direction direction =
          new Direction("smile", Tensors.of(values, STEPS, 16, 4, 4), timesteps, HSpace.AFTER);
      SamplingOptions sampling = SamplingOptions.DEFAULT.withSteps(STEPS);
      Sampler sampler = new Sampler(model);
      Tensor pictures = sampler.sample(new long[] {70, 71}, sampling, Progress.NONE).x0();
      List<ImageSource> sources = List.of(new ImageSource("a", "0"), new ImageSource("b", "1"));
      InversionOptions inversion =
          InversionOptions.DEFAULT.withSteps(STEPS).withEta(EtaSchedule.DDPM);
      Locality local = Locality.NONE.withRelax(OptionalDouble.of(0.5)).withKeepBackground(true);
      EditOptions editing = EditOptions.DEFAULT.withLocality(local);
      RealEdits.Row found =
          RealEdits.measure(
                  model,
                  classifier,
                  pictures,
                  sources,
                  List.of(direction),
                  List.of("smile"),
                  new double[] {2},
                  new RealEdits.Options(
                      new double[] {0.3},
                      List.of(EtaSchedule.DDPM),
                      new int[] {STEPS},
                      SAMPLES,
                      10,
                      sampling,
                      inversion,
                      editing),
                  Progress.NONE)
              .get(0);

      List<Edit> both =
          List.of(
              Edit.of(new WeightedDirection(direction, 2)),
              Edit.of(new WeightedDirection(direction, -2)));
      Trajectory own = sampler.sample(new long[] {10, 11, 12, 13}, sampling, Progress.NONE);
      double sd = deviation(classifier, own.x0());
      double[] squares = new double[16 * 16];
      double ofSamples =
          effect(model, classifier, own, own.x0(), both, EditOptions.DEFAULT, squares) / sd;
      boolean[] region = RealEdits.region(squares);
      assertEquals(ofSamples, found.effectSamples(), 1e-4);
      assertEquals(outside(squares, region), found.outsideSamples(), 1e-6);

      Inversion inverted = new Inverter(model).invert(pictures, sources, inversion, Progress.NONE);
      double[] changed = new double[16 * 16];
      double ofPictures =
          effect(
                  model,
                  classifier,
                  inverted.trajectory(),
                  pictures,
                  both,
                  editing.withLocality(local.withSkip(0.3)),
                  changed)
              / sd;
      assertEquals(ofPictures, found.effect(), 1e-4);
      assertEquals(outside(changed, region), found.outside(), 1e-6);
      try (Images edited =
          new EditGrid(model)
              .run(
                  inverted.trajectory(),
                  both,
                  editing.withLocality(local.withSkip(0.3)),
                  Progress.NONE)) {
        double distance = 0;
        for (int i = 0; i < 4; i++) { // one by one: two pictures, two edits
          Tensor one = edited.tensor().narrow(0, i, 1);
          distance +=
              Tensors.doubles(classifier.distances(pictures.narrow(0, i / 2, 1), one))[0] / 4;
        }
        assertEquals(distance, found.distance(), 1e-5 * distance);
      }
      inverted.close();
    }
  }

  @Test
  void theKneeKeepsTheEffectAndChangesLeastOutside() {
    RealEdits.Setting strong = setting(1.0, 1.5);
    RealEdits.Setting knee = setting(0.91, 0.8);
    RealEdits.Setting weak = setting(0.89, 0.1);
    assertEquals(Optional.of(knee), RealEdits.knee(List.of(weak, strong, knee)));
    for (double nothing : new double[] {0, -0.1, Double.NaN})
      assertEquals(Optional.empty(), RealEdits.knee(List.of(setting(nothing, 1))));
  }

  private static RealEdits.Setting setting(double effect, double outside) {
    return new RealEdits.Setting(0, "1", 10, effect, outside, 1, 30);
  }

  /** Half the mean difference of the scores; adds up the mean square change of each pixel. */
  private static double effect(
      Model model,
      Classifier classifier,
      Trajectory trajectory,
      Tensor before,
      List<Edit> both,
      EditOptions options,
      double[] squares) {
    try (Images images = new EditGrid(model).run(trajectory, both, options, Progress.NONE)) {
      double[] scores = Tensors.doubles(classifier.scores(images.tensor()));
      int n = trajectory.rows();
      double sum = 0;
      for (int row = 0; row < n; row++) {
        int plus = 2 * row * ATTRIBUTES + SMILE;
        sum += (scores[plus] - scores[plus + ATTRIBUTES]) / 2;
        for (int sign = 0; sign < 2; sign++) {
          Tensor change = images.tensor().select(0, 2L * row + sign).sub(before.select(0, row));
          double[] one = Tensors.doubles(change.to(ScalarType.Double).square().mean(0));
          for (int i = 0; i < one.length; i++) squares[i] += one[i] / (2 * n);
        }
      }
      return sum / n;
    }
  }

  private static double deviation(Classifier classifier, Tensor pictures) {
    double[] scores = Tensors.doubles(classifier.scores(pictures));
    double mean = 0;
    for (int i = 0; i < SAMPLES; i++) mean += scores[i * ATTRIBUTES + SMILE] / SAMPLES;
    double squares = 0;
    for (int i = 0; i < SAMPLES; i++) squares += Math.pow(scores[i * ATTRIBUTES + SMILE] - mean, 2);
    return Math.sqrt(squares / (SAMPLES - 1));
  }

  private static double outside(double[] squares, boolean[] region) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < squares.length; i++) {
      if (region[i]) continue;
      sum += squares[i];
      count++;
    }
    return Math.sqrt(sum / count);
  }
}
