package org.hspace.directions;

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
 * @param partRows samples of one part file; a run that is killed loses at most one part
 */
public record AnnotationOptions(
    int samples, long firstSeed, SamplingOptions sampling, ScalarType store, int partRows) {
  /** The paper's code: 10,000 samples; T = 10, η = 1; h in single precision. */
  public static final AnnotationOptions DEFAULT =
      new AnnotationOptions(10_000, 0, SamplingOptions.DEFAULT.withSteps(10), ScalarType.Float, 64);

  public AnnotationOptions {
    if (samples < 1) throw new HspaceException("samples: expected at least 1, found " + samples);
    SeedRange.check(firstSeed, samples);
    if (partRows < 1) throw new HspaceException("partRows: expected at least 1, found " + partRows);
    if (store != ScalarType.Float && store != ScalarType.Half) {
      throw new HspaceException("store: expected float32 or float16, found " + store);
    }
  }
}
