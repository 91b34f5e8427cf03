package org.hspace.pipeline;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.CallbackFailure;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.Tensors;

/**
 * Samples trajectories from seeds and decodes them again, edited or not: Eqs 1-5 of the paper.
 * Predictions are clipped where the options, or the trajectory's provenance, say so.
 */
public final class Sampler {
  private final Model model;

  /** A sampler of the given model, which it does not own. */
  public Sampler(Model model) {
    this.model = model;
  }

  /**
   * Samples one trajectory a seed, all kept in memory.
   *
   * @param seeds at least one
   * @return N rows in the order of the seeds, to be closed by the caller
   * @throws java.util.concurrent.CancellationException when the listener {@linkplain
   *     Progress#cancelled cancels}, here and in the other methods
   */
  public Trajectory sample(long[] seeds, SamplingOptions options, Progress progress) {
    return NativeProgress.during(
        progress,
        heard ->
            model.use(
                () ->
                    new Trajectory(
                        () -> handle().sample(new LongVector(seeds), options.toNative(), heard))));
  }

  /**
   * What trajectories of these seeds begin with and the noise on their way, without the images at
   * their end: all that {@link #decode} and {@link #states} need. Nothing is computed.
   *
   * @param seeds at least one
   * @return N rows in the order of the seeds, without h and x_0, to be closed by the caller
   */
  public Trajectory draw(long[] seeds, SamplingOptions options) {
    return model.use(
        () -> new Trajectory(() -> handle().draw(new LongVector(seeds), options.toNative())));
  }

  /**
   * Samples one trajectory a seed, batch by batch.
   *
   * @param seeds at least one
   * @param sink receives each batch in order; a batch is closed when the sink returns
   */
  public void stream(
      long[] seeds, SamplingOptions options, Consumer<Trajectory> sink, Progress progress) {
    CallbackFailure failure = new CallbackFailure();
    failure.call(
        () -> {
          model.use(
              () ->
                  NativeCall.scoped(
                      () ->
                          handle().stream(
                              new LongVector(seeds),
                              options.toNative(),
                              new NativeSink(sink, failure),
                              new NativeProgress(progress, failure))));
          return null;
        });
  }

  /**
   * Decodes rows of a trajectory again under an injection, with the trajectory's own noise and η.
   *
   * @param source where the rows come from
   * @param rows number of the source row that each decoded row starts from; a row may be taken
   *     several times
   * @param injection Δh at each step; it sees decoded rows numbered from 0
   * @param hSpace where it is injected
   * @param batch rows of one network pass
   * @return x_0 (rows.length, C, H, W); owned by the enclosing scope or the caller
   */
  public Tensor decode(
      Trajectory source,
      int[] rows,
      Injection injection,
      HSpace hSpace,
      int batch,
      Progress progress) {
    CallbackFailure failure = new CallbackFailure();
    return failure.call(
        () ->
            tensor(
                source,
                sampler -> {
                  NativeInjection asked =
                      injection == Injection.NONE ? null : new NativeInjection(injection, failure);
                  return sampler.decode(
                      source.handle(),
                      new LongVector(Arrays.stream(rows).asLongStream().toArray()),
                      asked,
                      hSpace.ordinal(),
                      batch,
                      new NativeProgress(progress, failure));
                }));
  }

  /**
   * The noisy images that one row passes through, with the trajectory's own noise and η.
   *
   * @param count how many steps of them, from the first on; the network runs once less
   * @return x_t at the start of each of these steps (count, C, H, W), on the CPU; owned by the
   *     enclosing scope or the caller
   */
  public Tensor states(Trajectory source, int row, int count) {
    return tensor(source, sampler -> sampler.states(source.handle(), row, count));
  }

  /** What a call makes of a trajectory; of the enclosing scope or the caller. */
  private Tensor tensor(Trajectory source, Function<HspaceNative.Sampler, Tensor> call) {
    return model.use(() -> source.use(() -> Tensors.scoped(() -> call.apply(handle()))));
  }

  /** The C++ object; of the enclosing scope, in a use of the model. */
  private HspaceNative.Sampler handle() {
    return new HspaceNative.Sampler(model.handle());
  }
}
