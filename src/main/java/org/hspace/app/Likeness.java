package org.hspace.app;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.hspace.pipeline.Conditioning;
import org.hspace.pipeline.Inverter;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;

/**
 * Whether pictures are like those that a model was trained on: how badly it denoises them, beside
 * samples of its own. Edits of pictures that it does not know may fail.
 */
public final class Likeness {
  private static final int OWN = 4;
  private static final int OWN_STEPS = 10;

  /** Errors beyond this multiple of the model's own samples' are no chance any more. */
  private static final double UNLIKE = 1.6;

  private final Model model;
  private final Conditioning conditioning;
  private double usual = Double.NaN;

  /** Of a model, not owned, under one conditioning. */
  public Likeness(Model model, Conditioning conditioning) {
    this.model = model;
    this.conditioning = conditioning;
  }

  /**
   * How many times as badly as its own samples the model denoises others.
   *
   * @param samples x_0 (N, C, H, W)
   * @return one value a sample
   * @throws java.util.concurrent.CancellationException when the listener cancels
   */
  public double[] of(Tensor samples, Progress progress) {
    double own = usual(progress);
    return Arrays.stream(new Inverter(model).denoisingErrors(samples, conditioning))
        .map(error -> error / own)
        .toArray();
  }

  /** Whether a picture is unlike what the model knows. */
  public static boolean isUnlike(double times) {
    return times > UNLIKE;
  }

  private synchronized double usual(Progress progress) {
    if (!Double.isNaN(usual)) return usual;
    SamplingOptions sampling =
        SamplingOptions.DEFAULT
            .withSteps(OWN_STEPS)
            .withRecordH(false)
            .withConditioning(conditioning);
    long[] seeds = LongStream.range(0, OWN).toArray();
    try (Trajectory own = new Sampler(model).sample(seeds, sampling, progress.silent())) {
      usual =
          Arrays.stream(new Inverter(model).denoisingErrors(own.x0(), conditioning))
              .average()
              .orElseThrow();
    }
    return usual;
  }
}
