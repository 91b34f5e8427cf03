package org.hspace.trajectory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.hspace.model.HSpace;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.Lattice;
import org.hspace.schedule.NoiseSchedule;

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
   */
  public Trajectory sample(long[] seeds, SamplingOptions options, Progress progress) {
    Provenance provenance = Provenance.ofSamples(model, options, seeds);
    try (TrajectoryCollector all = new TrajectoryCollector(seeds.length, provenance)) {
      stream(seeds, options, all::append, progress);
      return all.trajectory();
    }
  }

  /**
   * What trajectories of these seeds begin with and the noise on their way, without the images at
   * their end: all that {@link #decode} and {@link #states} need. Nothing is computed.
   *
   * @param seeds at least one
   * @return N rows in the order of the seeds, without h and x_0, to be closed by the caller
   */
  public Trajectory draw(long[] seeds, SamplingOptions options) {
    requireSome(seeds);
    return drawBatch(seeds, options, lattice(options));
  }

  /**
   * Samples one trajectory a seed, batch by batch.
   *
   * @param seeds at least one
   * @param sink receives each batch in order; a batch is closed when the sink returns
   */
  public void stream(
      long[] seeds, SamplingOptions options, Consumer<Trajectory> sink, Progress progress) {
    requireSome(seeds);
    Lattice lattice = lattice(options);
    Denoiser denoiser =
        new Denoiser(
            model,
            lattice,
            options.eta().values(options.steps()),
            options.hSpace(),
            options.clipping(model));
    RowSteps counter = new RowSteps(progress, (long) seeds.length * lattice.steps());
    for (int first = 0; first < seeds.length; first += options.batch()) {
      long[] some =
          Arrays.copyOfRange(seeds, first, Math.min(seeds.length, first + options.batch()));
      try (PointerScope scope = new PointerScope();
          Trajectory drawn = drawBatch(some, options, lattice)) {
        Tensor h = options.recordH() ? emptyH(some.length, lattice, options) : null;
        Tensor x0 =
            denoiser.run(
                drawn.xT(),
                drawn.z(),
                Injection.NONE,
                0,
                recordInto(h),
                counter.of(some.length)); // (B, C, H, W)
        try (Trajectory part =
            new Trajectory(drawn.xT(), drawn.z(), h, x0, lattice, drawn.provenance())) {
          sink.accept(part);
        }
      }
    }
  }

  private Trajectory drawBatch(long[] seeds, SamplingOptions options, Lattice lattice) {
    Noise noise = new Noise(options.referenceSeeds());
    boolean stochastic = lattice.addsNoise(options.eta().values(options.steps()));
    int[] shape = model.sampleShape();
    try (PointerScope scope = new PointerScope()) {
      List<Tensor> starts = new ArrayList<>();
      List<Tensor> noises = new ArrayList<>();
      for (long seed : seeds) {
        starts.add(noise.xT(seed, shape));
        if (stochastic) noises.add(noise.z(seed, lattice.steps(), shape));
      }
      Tensor xT = typed(Tensors.cat(starts, 0)); // (B, C, H, W)
      Tensor z = stochastic ? typed(Tensors.stack(noises)) : null; // (B, T, C, H, W)
      Provenance provenance = Provenance.ofSamples(model, options, seeds);
      return new Trajectory(xT, z, null, null, lattice, provenance);
    }
  }

  private Lattice lattice(SamplingOptions options) {
    return NoiseSchedule.of(model.schedulerConfig()).lattice(options.steps());
  }

  private static void requireSome(long[] seeds) {
    if (seeds.length == 0) throw new HspaceException("seeds: expected at least one, found none");
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
    double[] eta = source.provenance().etaValues();
    Denoiser denoiser =
        new Denoiser(model, source.lattice(), eta, hSpace, source.provenance().clipping());
    RowSteps counter = new RowSteps(progress, (long) rows.length * source.steps());
    return Tensors.scoped(
        () -> {
          List<Tensor> images = new ArrayList<>();
          for (int first = 0; first < rows.length; first += batch) {
            int[] some = Arrays.copyOfRange(rows, first, Math.min(rows.length, first + batch));
            images.add(decodeBatch(denoiser, source, some, injection, first, counter));
          }
          return Tensors.cat(images, 0);
        });
  }

  private Tensor decodeBatch(
      Denoiser denoiser,
      Trajectory source,
      int[] rows,
      Injection injection,
      int first,
      RowSteps counter) {
    return Tensors.scoped(
        () -> {
          Tensor index = Tensors.of(Arrays.stream(rows).asLongStream().toArray()); // (B)
          Tensor xT = source.xT().index_select(0, index); // (B, C, H, W)
          Tensor z = source.z() == null ? null : source.z().index_select(0, index);
          return denoiser.run(xT, z, injection, first, null, counter.of(rows.length));
        });
  }

  /**
   * The noisy images that one row passes through, with the trajectory's own noise and η.
   *
   * @param count how many steps of them, from the first on; the network runs once less
   * @return x_t at the start of each of these steps (count, C, H, W), on the CPU; owned by the
   *     enclosing scope or the caller
   */
  public Tensor states(Trajectory source, int row, int count) {
    Denoiser denoiser =
        new Denoiser(
            model,
            source.lattice(),
            source.provenance().etaValues(),
            source.provenance().hSpace(),
            source.provenance().clipping());
    return Tensors.scoped(
        () -> {
          Tensor z = source.z() == null ? null : source.z().narrow(0, row, 1); // (1, T, C, H, W)
          List<Tensor> states = new ArrayList<>(); // each (1, C, H, W)
          states.add(denoiser.state(source.xT().narrow(0, row, 1)));
          for (int i = 0; i + 1 < count; i++)
            states.add(denoiser.next(i, states.get(i), z, Injection.NONE, 0, null));
          return Tensors.cat(states, 0).cpu();
        });
  }

  /**
   * Decodes a start and its noise into a trajectory.
   *
   * @param xT (B, C, H, W)
   * @param z (B, T, C, H, W), or null where no step adds noise
   * @param provenance says η and h-space
   */
  Trajectory replay(
      Tensor xT, Tensor z, Lattice lattice, Provenance provenance, boolean recordH, Runnable tick) {
    Denoiser denoiser =
        new Denoiser(
            model, lattice, provenance.etaValues(), provenance.hSpace(), provenance.clipping());
    try (PointerScope scope = new PointerScope()) {
      SamplingOptions options = SamplingOptions.DEFAULT.withHSpace(provenance.hSpace());
      Tensor h = recordH ? emptyH(Math.toIntExact(xT.size(0)), lattice, options) : null;
      Tensor x0 = denoiser.run(xT, z, Injection.NONE, 0, recordInto(h), tick);
      return new Trajectory(xT, z, h, x0, lattice, provenance);
    }
  }

  /** Room for h (B, T, c, h, w). */
  private Tensor emptyH(int rows, Lattice lattice, SamplingOptions options) {
    int[] shape = model.bottleneckShape(options.hSpace());
    return torch.empty(
        new long[] {rows, lattice.steps(), shape[0], shape[1], shape[2]},
        Tensors.options(model.options().dtype().stateType()),
        null);
  }

  private static Denoiser.Recorder recordInto(Tensor h) {
    return h == null ? null : (step, one) -> h.select(1, step).copy_(one);
  }

  private Tensor typed(Tensor t) {
    return t.to(model.options().dtype().stateType());
  }
}
