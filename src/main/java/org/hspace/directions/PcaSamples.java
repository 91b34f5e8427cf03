package org.hspace.directions;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.linalg.IncrementalPca;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;

/**
 * The samples of a PCA, wherever they are drawn: here, or by other processes. They have an order,
 * and are looked at once, or, for a rotation, a second time.
 */
public interface PcaSamples {
  /**
   * First pass: takes the samples into an analysis, from where that stands.
   *
   * @param pca knows how many it has seen
   * @param afterSome runs whenever it knows of more, and may save it
   */
  void addTo(IncrementalPca pca, Runnable afterSome);

  /**
   * Second pass: the coordinates of samples.
   *
   * @param done how many of the first are known already
   * @param mean of all samples (1, D), double
   * @param filters what takes {@code h - mean} to the coordinates (D, k), double
   * @param coordinates receives those of the next samples in order (n, k), freed when it returns
   */
  void score(int done, Tensor mean, Tensor filters, Consumer<Tensor> coordinates);

  /**
   * How the work is cut up, where that changes the last bits of the result; a run that was cut
   * otherwise cannot go on.
   */
  default List<Long> cut() {
    return List.of();
  }

  /** The machines beside this one that had a part in it so far, as {@code Machine.current()}. */
  default List<String> machines() {
    return List.of();
  }

  /** A source of h. */
  @FunctionalInterface
  interface Source {
    /**
     * Gives all samples but the first {@code done}, in their order.
     *
     * @param batch receives (B, T, c, h, w), freed when it returns
     */
    void each(int done, Consumer<Tensor> batch);
  }

  /**
   * Drawn in this process, anew each time.
   *
   * @param seeds of the samples, in order
   * @param sampling T, η, h-space and batch
   * @param progress only asked whether to stop
   */
  static PcaSamples drawn(Model model, long[] seeds, SamplingOptions sampling, Progress progress) {
    return of(
        (done, batch) ->
            new Sampler(model)
                .stream(
                    Arrays.copyOfRange(seeds, done, seeds.length),
                    sampling.withRecordH(true),
                    part -> batch.accept(part.h()),
                    progress.silent()));
  }

  /**
   * The first that an annotation keeps.
   *
   * @param samples how many
   */
  static PcaSamples kept(Annotations annotations, int samples) {
    return of(
        (done, batch) ->
            annotations.forEachPart(
                (first, h) -> {
                  int begin = Math.max(0, done - first);
                  long end = Math.min(h.size(0), samples - first);
                  if (begin < end) batch.accept(h.narrow(0, begin, end - begin));
                }));
  }

  private static PcaSamples of(Source source) {
    return new PcaSamples() {
      @Override
      public void addTo(IncrementalPca pca, Runnable afterSome) {
        source.each(
            Math.toIntExact(pca.count()),
            h -> {
              try (PointerScope scope = new PointerScope()) {
                pca.update(h.reshape(h.size(0), pca.groups(), pca.dimension())); // (B, G, D)
              }
              afterSome.run();
            });
      }

      @Override
      public void score(int done, Tensor mean, Tensor filters, Consumer<Tensor> coordinates) {
        source.each(
            done,
            h -> {
              try (PointerScope scope = new PointerScope()) {
                Tensor flat = h.to(ScalarType.Double).reshape(h.size(0), -1); // (B, D)
                coordinates.accept(flat.sub(mean).matmul(filters));
              }
            });
      }
    };
  }
}
