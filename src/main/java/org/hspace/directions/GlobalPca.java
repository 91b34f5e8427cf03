package org.hspace.directions;

import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.linalg.IncrementalPca;
import org.hspace.linalg.PrincipalComponents;
import org.hspace.nativelib.FormatFile;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Lattice;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.NoiseSchedule;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;

/** Global directions: the principal components of h over many samples. Method 1 of the paper. */
public final class GlobalPca {
  private final Model model;

  /** For the given model, which it does not own. */
  public GlobalPca(Model model) {
    this.model = model;
  }

  /**
   * Samples n trajectories and returns the k leading directions in units of their standard
   * deviation, named {@code pc0}, {@code pc1}, …
   *
   * <p>Figures: {@code mean (T,c,h,w)}; {@code singular_values}, {@code explained_variance} and
   * {@code explained_variance_ratio} (T,k), or (1,k) for the scope of whole trajectories.
   *
   * <p>With a checkpoint, a run that was killed continues where it was saved last and ends with the
   * same bits. The file is left for the caller to delete once the result is safe.
   *
   * @return to be closed by the caller
   * @throws HspaceException when the checkpoint belongs to a run with other options
   */
  public DirectionSet run(PcaOptions options, Progress progress) {
    SamplingOptions sampling = options.sampling().withRecordH(true);
    int[] h = model.bottleneckShape(sampling.hSpace());
    int size = h[0] * h[1] * h[2];
    Lattice lattice = NoiseSchedule.of(model.schedulerConfig()).lattice(sampling.steps());
    int steps = lattice.steps();
    boolean whole = options.scope() == PcaScope.TRAJECTORY;
    int groups = whole ? 1 : steps;
    long dimension = whole ? (long) steps * size : size;
    if (options.components() > dimension) {
      throw new HspaceException(
          "components: expected at most "
              + dimension
              + ", the size of h, found "
              + options.components());
    }
    RunFingerprint fingerprint =
        new RunFingerprint("pca", model)
            .with("options", options, "checkpoint", "checkpointEvery", "sampling")
            .with("sampling", sampling);
    try (IncrementalPca pca = begin(options, fingerprint, groups, dimension, progress)) {
      int done = Math.toIntExact(pca.count());
      progress.report(done, options.samples(), "samples");
      if (done < options.samples()) {
        long[] seeds =
            LongStream.range(done, options.samples()).map(i -> options.firstSeed() + i).toArray();
        new Sampler(model)
            .stream(
                seeds,
                sampling,
                part -> take(pca, part, fingerprint, groups, dimension, options, progress),
                progress.silent());
      }
      try (PrincipalComponents components = pca.components(options.components())) {
        return directions(components, options, fingerprint, h);
      }
    }
  }

  private static IncrementalPca begin(
      PcaOptions options,
      RunFingerprint fingerprint,
      int groups,
      long dimension,
      Progress progress) {
    int capacity = (int) Math.min(options.components() + options.oversampling(), dimension);
    if (options.checkpoint() == null || !Files.exists(options.checkpoint())) {
      return new IncrementalPca(groups, dimension, capacity);
    }
    try (FormatFile file = FormatFile.open(options.checkpoint())) {
      fingerprint.goOnFrom(file, "delete it, or run with the options it was made with", progress);
      IncrementalPca pca = IncrementalPca.load(file, groups, dimension, capacity);
      if (pca.count() > options.samples()) {
        pca.close();
        throw file.error("metadata 'pca_count'", "at most " + options.samples(), pca.count());
      }
      return pca;
    }
  }

  private void take(
      IncrementalPca pca,
      Trajectory part,
      RunFingerprint fingerprint,
      int groups,
      long dimension,
      PcaOptions options,
      Progress progress) {
    try (PointerScope scope = new PointerScope()) {
      pca.update(part.h().reshape(part.rows(), groups, dimension)); // (B, G, D)
    }
    long batches = (pca.count() + options.sampling().batch() - 1) / options.sampling().batch();
    if (options.checkpoint() != null && batches % options.checkpointEvery() == 0) {
      pca.save(options.checkpoint(), fingerprint.metadata());
    }
    progress.report(pca.count(), options.samples(), "samples");
  }

  private Provenance provenance(PcaOptions options, RunFingerprint fingerprint) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("samples", options.samples());
    facts.put("first_seed", options.firstSeed());
    facts.put("components", options.components());
    facts.put("scope", options.scope().id());
    fingerprint.describe(facts);
    return Provenance.ofSamples(model, options.sampling(), new long[0]).ofDirections("pca", facts);
  }

  private DirectionSet directions(
      PrincipalComponents components, PcaOptions options, RunFingerprint fingerprint, int[] h) {
    int steps = options.sampling().steps();
    int k = options.components();
    Lattice lattice = NoiseSchedule.of(model.schedulerConfig()).lattice(steps);
    try (PointerScope scope = new PointerScope()) {
      var type = model.options().dtype().stateType();
      Tensor s = components.singularValues(); // (G, k)
      Tensor deviations = s.div(new Scalar(Math.sqrt(components.count() - 1.0))); // (G, k)
      Tensor scaled = components.vectors().mul(deviations.unsqueeze(2)); // (G, k, D)
      Tensor directions =
          scaled.transpose(0, 1).contiguous().view(k, steps, h[0], h[1], h[2]).to(type);
      Map<String, Tensor> figures = new LinkedHashMap<>();
      figures.put("mean", components.mean().view(steps, h[0], h[1], h[2]).to(type).clone());
      figures.put("singular_values", s.clone());
      figures.put("explained_variance", deviations.square());
      figures.put(
          "explained_variance_ratio",
          s.square()
              .div(
                  components.totalSquares().clamp_min(new Scalar(Double.MIN_NORMAL)).unsqueeze(1)));
      List<String> names = IntStream.range(0, k).mapToObj(i -> "pc" + i).toList();
      return new DirectionSet(
          names, directions, lattice.timesteps(), provenance(options, fingerprint), figures);
    }
  }
}
