package org.hspace.directions;

import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;

/** Samples that are drawn and scored, wherever that is done: here, or by other processes. */
public interface AnnotationSamples {
  /**
   * Some samples.
   *
   * @param scores [n][A]
   * @param h (n, T, c, h, w) in the stored type; null where it stays behind
   */
  record Scored(double[][] scores, Tensor h) {}

  /** Receives scored samples. */
  @FunctionalInterface
  interface Sink {
    /**
     * @param parts the next ones, in order
     * @param statistics of all of them; null where all h come; both are closed when this returns
     */
    void accept(List<Scored> parts, ScoreStatistics statistics);
  }

  /**
   * Draws and scores samples.
   *
   * @param parts seeds, cut as they come back
   * @param whole whether the sink needs all h, instead of their statistics
   */
  void score(List<long[]> parts, boolean whole, Sink sink);

  /**
   * Draws samples again, for their h.
   *
   * @param parts seeds, cut as they come back
   * @param sink receives the h of each in order, in the stored type; freed when it returns
   */
  void draw(List<long[]> parts, Consumer<Tensor> sink);

  /** The machines beside this one that had a part in it so far, as {@code Machine.current()}. */
  default List<String> machines() {
    return List.of();
  }

  /**
   * In this process, part by part; the h are there anyway.
   *
   * @param classifier null for samples that are only drawn
   * @param store type of h
   */
  static AnnotationSamples here(
      Model model,
      Classifier classifier,
      SamplingOptions sampling,
      ScalarType store,
      Progress progress) {
    return new AnnotationSamples() {
      @Override
      public void score(List<long[]> parts, boolean whole, Sink sink) {
        for (long[] seeds : parts) {
          try (Trajectory samples = sample(seeds);
              PointerScope scope = new PointerScope()) {
            Tensor h = stored(samples, seeds);
            double[][] scores =
                Tensors.rows(classifier.scores(model.pictures(samples.x0())).cpu()); // [n][A]
            try (ScoreStatistics statistics =
                whole ? null : new ScoreStatistics(scores[0].length, h.numel() / seeds.length)) {
              if (!whole) statistics.add(h, scores);
              sink.accept(List.of(new Scored(scores, h)), statistics);
            }
          }
        }
      }

      @Override
      public void draw(List<long[]> parts, Consumer<Tensor> sink) {
        for (long[] seeds : parts) {
          try (Trajectory samples = sample(seeds);
              PointerScope scope = new PointerScope()) {
            sink.accept(stored(samples, seeds));
          }
        }
      }

      private Trajectory sample(long[] seeds) {
        return new Sampler(model).sample(seeds, sampling.withRecordH(true), progress.silent());
      }

      private Tensor stored(Trajectory samples, long[] seeds) {
        return Finite.require(
            samples.h().to(store),
            "h of seeds %d to %d as %s".formatted(seeds[0], seeds[seeds.length - 1], store));
      }
    };
  }
}
