package org.hspace.directions;

import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;

/** Where a PCA's h come from, as often as it asks. */
@FunctionalInterface
interface PcaSamples {
  /**
   * Gives all samples but the first {@code done}, in their order.
   *
   * @param batch receives (B, T, c, h, w), freed when it returns
   */
  void each(int done, Consumer<Tensor> batch);

  /** Drawn anew each time. */
  static PcaSamples drawn(Model model, PcaOptions options, Progress progress) {
    return (done, batch) ->
        new Sampler(model)
            .stream(
                options.seedsFrom(done),
                options.sampling().withRecordH(true),
                part -> batch.accept(part.h()),
                progress.silent());
  }

  /** The first samples that an annotation keeps. */
  static PcaSamples kept(Annotations annotations, PcaOptions options) {
    return (done, batch) ->
        annotations.forEachPart(
            (first, h) -> {
              int begin = Math.max(0, done - first);
              long end = Math.min(h.size(0), options.samples() - first);
              if (begin < end) batch.accept(h.narrow(0, begin, end - begin));
            });
  }
}
