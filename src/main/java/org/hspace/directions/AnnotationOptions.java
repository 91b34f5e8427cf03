package org.hspace.directions;

import java.time.Duration;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.SeedRange;

/**
 * How samples are annotated.
 *
 * @param samples number of seeds N
 * @param firstSeed seeds are firstSeed to firstSeed + N - 1
 * @param sampling T, η, h-space and batch
 * @param store type in which h is kept: Float or Half
 * @param partRows samples of one part file
 * @param keep highest and lowest samples of each attribute whose h is kept, beside the statistics
 *     of all that a regression needs; 0 keeps the h of all samples
 * @param saveEvery time between two saves of these statistics, longer where saving takes long; a
 *     run that is killed loses what it left out since, or a part where it left out nothing
 */
public record AnnotationOptions(
    int samples,
    long firstSeed,
    SamplingOptions sampling,
    ScalarType store,
    int partRows,
    int keep,
    Duration saveEvery) {
  /** The paper's code: 10,000 samples; T = 10, η = 1; h in single precision, of 200 extremes. */
  public static final AnnotationOptions DEFAULT =
      new AnnotationOptions(
          10_000,
          0,
          SamplingOptions.DEFAULT.withSteps(10),
          ScalarType.Float,
          64,
          200,
          Duration.ofMinutes(5));

  public AnnotationOptions {
    if (samples < 1) throw new HspaceException("samples: expected at least 1, found " + samples);
    SeedRange.check(firstSeed, samples);
    if (partRows < 1) throw new HspaceException("partRows: expected at least 1, found " + partRows);
    if (keep < 0) throw new HspaceException("keep: expected at least 0, found " + keep);
    if (saveEvery.isNegative()) {
      throw new HspaceException(
          "save-every: expected at least 0 seconds, found " + saveEvery.toSeconds());
    }
    if (store != ScalarType.Float && store != ScalarType.Half) {
      throw new HspaceException("store: expected float32 or float16, found " + store);
    }
  }

  /** The same with other sampling. */
  public AnnotationOptions withSampling(SamplingOptions value) {
    return new AnnotationOptions(samples, firstSeed, value, store, partRows, keep, saveEvery);
  }
}
