package org.hspace.directions;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.image.Fit;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.nativelib.FormatFile;
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.Hashes;
import org.hspace.pipeline.ImageSource;
import org.hspace.pipeline.Inversion;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Inverter;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.NoiseSchedule;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;

/**
 * Directions from examples, {@code Δh = mean(q⁺ - q⁻)} over pairs of images with and without an
 * attribute: method 3 of the paper. The same mean in x_T space comes with it, for comparison.
 */
public final class ExampleDirections {
  private final Model model;

  /** For the given model, which it does not own. */
  public ExampleDirections(Model model) {
    this.model = model;
  }

  /** The trajectories of some of the pairs: first all positive ones, then all negative ones. */
  private interface Source {
    Trajectory pairs(int first, int count);
  }

  /**
   * Checks that seeds make pairs.
   *
   * @throws HspaceException unless there are as many of one kind as of the other, and some
   */
  public static void checkPairs(long[] positive, long[] negative) {
    if (positive.length != negative.length || positive.length == 0) {
      throw new HspaceException(
          "seeds: expected as many positive as negative ones, at least one, found "
              + positive.length
              + " and "
              + negative.length);
    }
  }

  /**
   * From two lists of seeds; pair i is seed i of each.
   *
   * <p>Figures, here and for images: {@code x_T (C,H,W)}, the mean difference of the starts.
   * Provenance tells {@code pairs}, {@code spread} and {@code x_T_spread}: see {@link
   * MeanDifference#spread()}.
   *
   * @return one direction, to be closed by the caller
   */
  public DirectionSet ofSeeds(
      long[] positive,
      long[] negative,
      SamplingOptions sampling,
      ExampleOptions options,
      Progress progress) {
    checkPairs(positive, negative);
    SamplingOptions recording = sampling.withRecordH(true);
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("positive_seeds", Arrays.stream(positive).boxed().toList());
    facts.put("negative_seeds", Arrays.stream(negative).boxed().toList());
    Provenance provenance =
        Provenance.ofSamples(model, recording, new long[0]).ofDirections("examples", facts);
    Source source =
        (first, count) -> {
          long[] seeds = new long[2 * count];
          System.arraycopy(positive, first, seeds, 0, count);
          System.arraycopy(negative, first, seeds, count, count);
          return new Sampler(model).sample(seeds, recording, progress.silent());
        };
    return run(
        source,
        positive.length,
        new RunFingerprint("examples of seeds", model)
            .with("options", options, "name", "checkpoint")
            .with("sampling", recording)
            .with("positive", positive)
            .with("negative", negative),
        provenance,
        facts,
        recording.hSpace(),
        recording.steps(),
        options,
        progress);
  }

  /**
   * From pictures, which are inverted first.
   *
   * @param fit how they come to the model's size
   */
  public DirectionSet ofImages(
      List<ImagePair> pairs,
      Fit fit,
      InversionOptions inversion,
      ExampleOptions options,
      Progress progress) {
    int[] picture = model.pictureShape();
    if (picture[0] != RgbImage.CHANNELS && picture[0] != 1) {
      throw new HspaceException(
          "pictures have 3 channels or 1 of grey, but the model's have " + picture[0]);
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("positive_images", pairs.stream().map(p -> source(p.positive())).toList());
    facts.put("negative_images", pairs.stream().map(p -> source(p.negative())).toList());
    facts.put("fit", fit.id());
    Inverter inverter = new Inverter(model);
    Provenance provenance =
        Provenance.ofImages(model, inversion, List.of()).ofDirections("examples", facts);
    Source source =
        (first, count) -> {
          List<ImagePair> some = pairs.subList(first, first + count);
          List<Path> files = new ArrayList<>(some.stream().map(ImagePair::positive).toList());
          files.addAll(some.stream().map(ImagePair::negative).toList());
          List<ImageSource> names = files.stream().map(ExampleDirections::source).toList();
          try (PointerScope scope = new PointerScope()) {
            Tensor x0 =
                Tensors.cat(
                    files.stream()
                        .map(
                            f ->
                                model.samples(
                                    fit.apply(ImageFile.read(f), picture[2], picture[1])
                                        .toTensor(picture[0])))
                        .toList(),
                    0);
            Inversion found =
                inverter.invert(
                    x0,
                    names,
                    inversion.withSeed(inversion.seed() + 2L * first),
                    progress.silent());
            return found.trajectory();
          }
        };
    return run(
        source,
        pairs.size(),
        new RunFingerprint("examples of pictures", model)
            .with("options", options, "name", "checkpoint")
            .with("fit", fit)
            .with("inversion", inversion)
            .with("positive", facts.get("positive_images"))
            .with("negative", facts.get("negative_images")),
        provenance,
        facts,
        inversion.hSpace(),
        inversion.steps(),
        options,
        progress);
  }

  private static ImageSource source(Path file) {
    return new ImageSource(file.getFileName().toString(), Hashes.sha256(List.of(file)));
  }

  private DirectionSet run(
      Source source,
      int pairs,
      RunFingerprint fingerprint,
      Provenance provenance,
      Map<String, Object> facts,
      HSpace hSpace,
      int steps,
      ExampleOptions options,
      Progress progress) {
    int[] timesteps = NoiseSchedule.of(model.schedulerConfig()).lattice(steps).timesteps();
    int[] h = model.bottleneckShape(hSpace);
    int[] x = model.sampleShape();
    MeanDifference[] means = load(options, fingerprint, progress, pairs, steps, h, x);
    if (means == null) {
      means =
          new MeanDifference[] {
            new MeanDifference(steps, h[0], h[1], h[2]), new MeanDifference(x[0], x[1], x[2])
          };
    }
    try (MeanDifference ofH = means[0];
        MeanDifference ofStart = means[1]) {
      progress.report(2 * ofH.pairs(), 2L * pairs, "images");
      while (ofH.pairs() < pairs) {
        int first = Math.toIntExact(ofH.pairs());
        int count = Math.min(options.chunk(), pairs - first);
        try (Trajectory both = source.pairs(first, count);
            PointerScope scope = new PointerScope()) {
          ofH.add(both.h().narrow(0, 0, count), both.h().narrow(0, count, count));
          ofStart.add(both.xT().narrow(0, 0, count), both.xT().narrow(0, count, count));
        }
        save(options, fingerprint, ofH, ofStart);
        progress.report(2 * ofH.pairs(), 2L * pairs, "images");
      }
      if (ofH.isZero()) {
        throw new HspaceException(
            "examples: h is the same with and without the attribute, so there is no direction; expected different"
                + " pictures in each pair");
      }
      fingerprint.describe(facts);
      facts.put("pairs", pairs);
      facts.put("spread", ofH.spread());
      facts.put("x_T_spread", ofStart.spread());
      try (PointerScope scope = new PointerScope()) {
        var type = model.options().dtype().stateType();
        Map<String, Tensor> figures = new TreeMap<>();
        figures.put("x_T", ofStart.mean().to(type));
        return new DirectionSet(
            List.of(options.name()),
            ofH.mean().to(type).unsqueeze(0), // (1, T, c, h, w)
            timesteps,
            provenance.ofDirections("examples", facts),
            figures);
      }
    }
  }

  private static MeanDifference[] load(
      ExampleOptions options,
      RunFingerprint fingerprint,
      Progress progress,
      int pairs,
      int steps,
      int[] h,
      int[] x) {
    if (options.checkpoint() == null || !Files.exists(options.checkpoint())) return null;
    try (FormatFile file = FormatFile.open(options.checkpoint())) {
      fingerprint.goOnFrom(file, "delete it, or run with the options it was made with", progress);
      MeanDifference ofH = MeanDifference.read(file, "h", pairs, steps, h[0], h[1], h[2]);
      MeanDifference ofStart = MeanDifference.read(file, "x_T", pairs, x[0], x[1], x[2]);
      if (ofH.pairs() != ofStart.pairs()) {
        throw file.error("x_T.pairs", ofH.pairs() + " like h.pairs", ofStart.pairs());
      }
      return new MeanDifference[] {ofH, ofStart};
    }
  }

  private static void save(
      ExampleOptions options, RunFingerprint fingerprint, MeanDifference h, MeanDifference xT) {
    if (options.checkpoint() == null) return;
    try (TensorFileWriter writer = new TensorFileWriter(options.checkpoint());
        PointerScope scope = new PointerScope()) {
      fingerprint.metadata().forEach(writer::metadata);
      Map<String, Tensor> state = new TreeMap<>(h.state("h"));
      state.putAll(xT.state("x_T"));
      state.forEach((name, t) -> writer.declare(name, t.scalar_type(), Tensors.shape(t)));
      state.forEach(writer::write);
      writer.finish();
    }
  }
}
