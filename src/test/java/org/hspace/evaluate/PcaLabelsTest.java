package org.hspace.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.RuntimeOptions;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.junit.jupiter.api.Test;

class PcaLabelsTest {
  private static final int N = 12;
  private static final int SMILE = 1;

  @Test
  void aPlantedCorrelationIsFound() {
    SamplingOptions sampling = SamplingOptions.DEFAULT.withSteps(2);
    long[] seeds = LongStream.range(90, 90 + N).toArray();
    try (Model model = TinyModel.open(DType.FLOAT64);
        Classifier classifier = TinyClassifier.open();
        PointerScope scope = new PointerScope();
        Trajectory samples = new Sampler(model).sample(seeds, sampling, Progress.NONE)) {
      double[] all = Tensors.doubles(classifier.scores(samples.x0())); // (N, 5)
      double[] smile = new double[N];
      double average = 0;
      for (int i = 0; i < N; i++) {
        smile[i] = all[5 * i + SMILE];
        average += smile[i] / N;
      }
      // The direction whose coefficient follows the score: h of each sample weighted by its score.
      Tensor mean = samples.h().mean(0); // (T, c, h, w)
      Tensor planted = Tensors.times(mean, 0);
      for (int i = 0; i < N; i++) {
        planted.add_(Tensors.times(samples.h().select(0, i).sub(mean), smile[i] - average));
      }
      Tensor noise = Tensors.of(new Random(1).doubles(512, -1, 1).toArray(), 2, 16, 4, 4);
      Provenance provenance =
          Provenance.ofSamples(model, sampling, new long[0]).ofDirections("pca", Map.of());
      try (DirectionSet set =
          new DirectionSet(
              List.of("noise", "planted"),
              Tensors.stack(List.of(noise, planted)),
              samples.lattice().timesteps(),
              provenance,
              Map.of("mean", mean.clone()))) {
        PcaLabels found = PcaLabels.measure(model, classifier, set, 2, N, 90, 5, Progress.NONE);
        double[] coefficient = new double[N];
        // Least squares of h - mean on both: what of planted is not noise, by elimination.
        double shared = noise.mul(planted).sum().item_double() / noise.square().sum().item_double();
        Tensor alone = planted.sub(Tensors.times(noise, shared));
        for (int i = 0; i < N; i++) {
          coefficient[i] = samples.h().select(0, i).mul(alone).sum().item_double();
        }
        double expected = new PearsonsCorrelation().correlation(coefficient, smile);
        assertEquals(expected, found.correlation()[1][SMILE], 1e-5);
        assertTrue(expected > 0.6, "planted " + expected);
        assertEquals(1, found.best(SMILE));
        assertEquals("planted", found.best().get(SMILE).get("component"));
        assertEquals(expected, (double) found.best().get(SMILE).get("correlation"), 1e-5);
        assertTrue(
            found.text().lines().anyMatch(l -> l.startsWith("smile") && l.contains("planted")),
            found.text());
        try (DirectionSet plain =
            new DirectionSet(
                List.of("a"),
                noise.unsqueeze(0),
                samples.lattice().timesteps(),
                provenance,
                Map.of())) {
          String message =
              assertThrows(
                      HspaceException.class,
                      () -> PcaLabels.measure(model, classifier, plain, 1, N, 90, 5, Progress.NONE))
                  .getMessage();
          assertTrue(message.contains("PCA"), message);
        }
      }
    }
  }

  @Test
  void randomDirectionsHaveTheSameNormAtEveryTimestep() {
    NativeRuntime.configure(RuntimeOptions.HOST.withThreads(1));
    try (PointerScope scope = new PointerScope()) {
      Tensor delta = Tensors.of(new Random(2).doubles(512, 0, 3).toArray(), 2, 16, 4, 4);
      Direction like = new Direction("d", delta, new int[] {800, 300}, HSpace.AFTER);
      Direction random = RandomBaseline.random(like, 4);
      for (int step = 0; step < 2; step++) {
        double expected = delta.select(0, step).norm().item_double();
        assertEquals(expected, random.delta().select(0, step).norm().item_double(), 1e-9);
      }
      double cosine =
          random.delta().mul(delta).sum().item_double() / Math.pow(delta.norm().item_double(), 2);
      assertTrue(Math.abs(cosine) < 0.5, "another direction");
    }
  }
}
