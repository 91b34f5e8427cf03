package org.hspace.directions;

import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.linalg.IncrementalPca;
import org.hspace.linalg.PrincipalComponents;
import org.hspace.linalg.RotatedScores;
import org.hspace.nativelib.FormatFile;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Lattice;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.NoiseSchedule;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.SamplingOptions;

/** Global directions: the principal components of h over many samples. Method 1 of the paper. */
public final class GlobalPca {
  private final Model model;

  /** For the given model, which it does not own. */
  public GlobalPca(Model model) {
    this.model = model;
  }

  /**
   * Samples n trajectories and returns the k leading directions in units of their standard
   * deviation, named {@code pc0}, {@code pc1}, …; rotated ({@code ic0}, {@code vc0}, …) in units of
   * the standard deviation of their own coordinate, which is the coefficient of {@code h - mean} on
   * the direction when it is a combination of all k.
   *
   * <p>Figures: {@code mean (T,c,h,w)}; {@code singular_values}, {@code explained_variance} and
   * {@code explained_variance_ratio} (T,k), or (1,k) for the scope of whole trajectories; rotated,
   * {@code non_gaussianity} and {@code stability} (k), while the singular values stay those of the
   * principal components.
   *
   * <p>With a checkpoint, a run that was killed continues where it was saved last and ends with the
   * same bits. The file is left for the caller to delete once the result is safe.
   *
   * @return to be closed by the caller
   * @throws HspaceException when the checkpoint belongs to a run with other options
   */
  public DirectionSet run(PcaOptions options, Progress progress) {
    return run(options, drawn(options, progress), progress);
  }

  /**
   * The same of the first samples that an annotation keeps, with nothing sampled.
   *
   * @param options the number of samples is at most that of the annotation; first seed, sampling
   *     and checkpoint are the annotation's business and not looked at
   */
  public DirectionSet run(Annotations annotations, PcaOptions options, Progress progress) {
    if (options.samples() > annotations.size()) {
      throw new HspaceException(
          "samples: expected at most the "
              + annotations.size()
              + " annotated ones, found "
              + options.samples());
    }
    PcaOptions kept =
        options
            .withFirstSeed(annotations.seeds()[0])
            .withCheckpoint(null, options.saveEvery())
            .withSampling(SamplingOptions.of(annotations.provenance(), options.sampling().batch()));
    return run(kept, PcaSamples.kept(annotations, kept.samples()), progress);
  }

  /**
   * What a run has found so far, by its checkpoint: the principal components of the samples until
   * then, not rotated yet.
   *
   * @param options the run's
   * @return to be closed by the caller; nothing before more samples than components are saved
   * @throws HspaceException when the checkpoint belongs to a run with other options
   */
  public Optional<DirectionSet> soFar(PcaOptions options) {
    if (options.checkpoint() == null || !Files.exists(options.checkpoint()))
      return Optional.empty();
    Layout layout = Layout.of(model, options);
    RunFingerprint fingerprint = fingerprint(options);
    try (IncrementalPca pca = begin(options, fingerprint, layout, Progress.NONE)) {
      if (pca.count() <= options.components()) return Optional.empty();
      PcaOptions until =
          (options.rotation() == PcaRotation.NONE
                  ? options
                  : options.withRotation(PcaRotation.NONE))
              .withSamples(Math.toIntExact(pca.count()));
      try (PrincipalComponents components = pca.components(options.components())) {
        return Optional.of(directions(components, null, until, fingerprint, layout.h()));
      }
    }
  }

  /**
   * The same, where the samples come from elsewhere.
   *
   * @param samples those of the options' seeds, in order
   */
  public DirectionSet run(PcaOptions options, PcaSamples samples, Progress progress) {
    if (options.rotation() != PcaRotation.NONE && options.scope() != PcaScope.TRAJECTORY) {
      throw new HspaceException(
          "rotate: expected the scope trajectory, for one rotation of all timesteps, found "
              + options.scope().id());
    }
    Layout layout = Layout.of(model, options);
    if (options.components() > layout.dimension()) {
      throw new HspaceException(
          "components: expected at most "
              + layout.dimension()
              + ", the size of h, found "
              + options.components());
    }
    RunFingerprint fingerprint = fingerprint(options);
    if (!samples.cut().isEmpty()) fingerprint.with("cut", samples.cut());
    SavePace pace = new SavePace(options.saveEvery());
    try (IncrementalPca pca = begin(options, fingerprint, layout, progress)) {
      long images = (long) options.passes() * options.samples();
      progress.report(pca.count(), images, "images");
      if (pca.count() < options.samples()) {
        samples.addTo(
            pca,
            () -> {
              fingerprint.tookPart(samples.machines());
              if (options.checkpoint() != null)
                pace.after(() -> pca.save(options.checkpoint(), fingerprint.metadata(), Map.of()));
              progress.report(pca.count(), images, "images");
            });
      }
      try (PrincipalComponents components = pca.components(options.components())) {
        if (options.rotation() == PcaRotation.NONE) {
          return directions(components, null, options, fingerprint, layout.h());
        }
        PcaScores second = new PcaScores(samples, pca, components, options, fingerprint, pace);
        return directions(components, second.rotate(progress), options, fingerprint, layout.h());
      }
    }
  }

  /**
   * How h is taken for points.
   *
   * @param h shape {c, h, w}
   * @param groups points of a sample that are analysed apart, G
   * @param dimension of a point, D
   */
  private record Layout(int[] h, int groups, long dimension) {
    static Layout of(Model model, PcaOptions options) {
      int[] h = model.bottleneckShape(options.sampling().hSpace());
      long size = (long) h[0] * h[1] * h[2];
      int steps =
          NoiseSchedule.of(model.schedulerConfig()).lattice(options.sampling().steps()).steps();
      boolean whole = options.scope() == PcaScope.TRAJECTORY;
      return new Layout(h, whole ? 1 : steps, whole ? steps * size : size);
    }
  }

  private RunFingerprint fingerprint(PcaOptions options) {
    return new RunFingerprint("pca", model)
        .with("options", options, "checkpoint", "saveEvery", "sampling")
        .with("sampling", options.sampling().withRecordH(true));
  }

  /** The samples of a run, drawn in this process. */
  public PcaSamples drawn(PcaOptions options, Progress progress) {
    return PcaSamples.drawn(model, options.seeds(), options.sampling(), progress);
  }

  private static IncrementalPca begin(
      PcaOptions options, RunFingerprint fingerprint, Layout layout, Progress progress) {
    long dimension = layout.dimension();
    int capacity = (int) Math.min(options.components() + options.oversampling(), dimension);
    if (options.checkpoint() == null || !Files.exists(options.checkpoint())) {
      return new IncrementalPca(layout.groups(), dimension, capacity);
    }
    try (FormatFile file = FormatFile.open(options.checkpoint())) {
      fingerprint.goOnFrom(file, "delete it, or run with the options it was made with", progress);
      IncrementalPca pca = IncrementalPca.load(file, layout.groups(), dimension, capacity);
      if (pca.count() > options.samples()) {
        pca.close();
        throw file.error("metadata 'pca_count'", "at most " + options.samples(), pca.count());
      }
      return pca;
    }
  }

  private Provenance provenance(PcaOptions options, RunFingerprint fingerprint) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("samples", options.samples());
    facts.put("first_seed", options.firstSeed());
    facts.put("components", options.components());
    facts.put("scope", options.scope().id());
    if (options.rotation() != PcaRotation.NONE) {
      facts.put("rotation", options.rotation().id());
      facts.put("restarts", options.restarts());
    }
    fingerprint.describe(facts);
    return Provenance.ofSamples(model, options.sampling(), new long[0]).ofDirections("pca", facts);
  }

  /**
   * @param rotated null for the components as they are
   */
  private DirectionSet directions(
      PrincipalComponents components,
      RotatedScores rotated,
      PcaOptions options,
      RunFingerprint fingerprint,
      int[] h) {
    int steps = options.sampling().steps();
    int k = options.components();
    Lattice lattice = NoiseSchedule.of(model.schedulerConfig()).lattice(steps);
    try (PointerScope scope = new PointerScope()) {
      var type = model.options().dtype().stateType();
      Tensor s = components.singularValues(); // (G, k)
      Tensor deviations = s.div(new Scalar(Math.sqrt(components.count() - 1.0))); // (G, k)
      Tensor scaled = components.vectors().mul(deviations.unsqueeze(2)); // (G, k, D)
      Map<String, Tensor> figures = new LinkedHashMap<>();
      figures.put("mean", components.mean().view(steps, h[0], h[1], h[2]).to(type).clone());
      figures.put("singular_values", s.clone());
      if (rotated != null) { // G = 1
        Tensor mixing = Tensors.of(rotated.mixing()); // (k, k)
        scaled = mixing.t().matmul(scaled.select(0, 0)).unsqueeze(0);
        figures.put("non_gaussianity", Tensors.of(rotated.nonGaussianity(), k));
        figures.put("stability", Tensors.of(rotated.stability(), k));
      }
      Tensor explained = scaled.square().sum(2); // (G, k)
      Tensor all =
          components
              .totalSquares()
              .div(new Scalar(components.count() - 1.0))
              .clamp_min(new Scalar(Double.MIN_NORMAL));
      figures.put("explained_variance", explained);
      figures.put("explained_variance_ratio", explained.div(all.unsqueeze(1)));
      Tensor directions =
          scaled.transpose(0, 1).contiguous().view(k, steps, h[0], h[1], h[2]).to(type);
      String prefix = options.rotation().prefix();
      List<String> names = IntStream.range(0, k).mapToObj(i -> prefix + i).toList();
      return new DirectionSet(
          names, directions, lattice.timesteps(), provenance(options, fingerprint), figures);
    }
  }
}
