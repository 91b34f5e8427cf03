package org.hspace.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.directions.Annotations;
import org.hspace.directions.Direction;
import org.hspace.directions.DirectionSet;
import org.hspace.directions.DirectionSpec;
import org.hspace.evaluate.EffectMeasurement;
import org.hspace.evaluate.EffectOptions;
import org.hspace.evaluate.EffectTable;
import org.hspace.evaluate.ExamplesCurve;
import org.hspace.evaluate.PcaLabels;
import org.hspace.evaluate.RandomBaseline;
import org.hspace.evaluate.Target;
import org.hspace.image.HeatMap;
import org.hspace.image.ImageFile;
import org.hspace.image.LinePlot;
import org.hspace.image.MaskFile;
import org.hspace.io.AtomicFile;
import org.hspace.model.Classifier;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.schedule.EtaSchedule;
import org.hspace.trajectory.SamplingOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hspace evaluate}: what directions do to attributes. */
@Command(
    name = "evaluate",
    sortOptions = false,
    description = {
      "Measures what directions do, by a classifier. Without --label, --against-random or --curve: the table of each direction's"
          + " effect on each attribute, in standard deviations of the attribute, at the strength that moves the direction's own"
          + " attribute by --amount.",
      "--label names principal components by the attribute they go with; --against-random compares them with random directions of"
          + " equal norm; --curve draws how many examples a direction needs in h-space and in x_T."
    },
    footer = {
      "",
      "Example: hspace evaluate --set disentangled --steps 10 --heat-map table.png --json table.json",
      "         hspace evaluate --label pca.safetensors",
      "         hspace evaluate --curve smile --annotations annotations.csv --steps 10 --plot curve.png"
    })
final class EvaluateCommand extends HspaceCommand {
  private static final int[] CURVE = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

  @Option(
      names = "--set",
      paramLabel = "SET",
      order = 1,
      description =
          "A file of the model's directions/ folder, for instance original or disentangled.")
  private String set;

  @Option(
      names = "--direction",
      paramLabel = "DIRECTION[:ATTRIBUTE]",
      order = 2,
      description =
          "Directions instead of a set; the target is the attribute that begins the direction's name.")
  private List<DirectionSpec> directions = new ArrayList<>();

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "100",
      order = 3,
      description = "Samples of a set of seeds (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--seed-sets",
      paramLabel = "R",
      defaultValue = "10",
      order = 4,
      description =
          "Sets of different seeds; figures are mean ± standard deviation over them (default: ${DEFAULT-VALUE}).")
  private int sets;

  @Option(
      names = "--amount",
      paramLabel = "A",
      defaultValue = "1",
      order = 5,
      description =
          "How far each direction moves its own attribute, in standard deviations (default: ${DEFAULT-VALUE}).")
  private double amount;

  @Option(
      names = "--max-strength",
      paramLabel = "S",
      defaultValue = "4",
      order = 6,
      description = "Largest strength that may be chosen for that (default: ${DEFAULT-VALUE}).")
  private double maxStrength;

  @Option(
      names = "--strength",
      paramLabel = "S",
      order = 7,
      description = "One strength for all, instead of --amount.")
  private Double strength;

  @Option(
      names = "--mask",
      paramLabel = "MASK",
      order = 8,
      description =
          "Also report the pixels' change inside and outside: x,y,w,h, FILE.png, or FILE.json:REGION.")
  private String mask;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      order = 9,
      description = "Write the table or curve as comma-separated values.")
  private Path out;

  @Option(
      names = "--heat-map",
      paramLabel = "FILE",
      order = 10,
      description = "Draw the table as PNG.")
  private Path heatMap;

  @Option(
      names = "--label",
      paramLabel = "FILE",
      order = 11,
      description = "A PCA's direction file: name its components.")
  private Path label;

  @Option(
      names = "--against-random",
      paramLabel = "FILE",
      order = 12,
      description = "A direction file: compare its leading directions with random ones.")
  private Path againstRandom;

  @Option(
      names = "--components",
      paramLabel = "K",
      order = 13,
      description =
          "Leading directions that --label and --against-random look at (default: 10, or all of fewer).")
  private Integer components;

  @Option(
      names = "--curve",
      paramLabel = "ATTRIBUTE",
      order = 14,
      description = "Draw the effect over the number of examples.")
  private String curve;

  @Option(
      names = "--annotations",
      paramLabel = "FILE",
      order = 15,
      description = "For --curve: the table of hspace annotate.")
  private Path annotations;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      order = 16,
      description = "For --curve: the picture.")
  private Path plot;

  @Option(
      names = "--first-seed",
      paramLabel = "SEED",
      defaultValue = "1000000",
      order = 17,
      description =
          "Samples begin at this seed, away from those that directions were made of (default: ${DEFAULT-VALUE}).")
  private long firstSeed;

  @Option(
      names = "--asymmetric",
      order = 18,
      description = "Add directions to the predicted x_0 only (Asyrp).")
  private boolean asymmetric;

  @Mixin private LatticeMixin lattice;
  @Mixin private ClassifierMixin classifierOptions;
  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    checkOutputs();
    loadLibraries();
    try (Model model = modelOptions.open();
        Classifier classifier = classifierOptions.open(model);
        PointerScope scope = new PointerScope()) {
      if (label != null) {
        labels(model, classifier);
      } else if (againstRandom != null) {
        random(model, classifier);
      } else if (curve != null) {
        curve(model, classifier);
      } else {
        table(model, classifier);
      }
    }
  }

  private void checkOutputs() {
    json.check();
    if (out != null) AtomicFile.checkWritable(out);
    if (heatMap != null) ImageFile.checkWritable(heatMap);
    if (plot != null) ImageFile.checkWritable(plot);
    if (curve != null && annotations == null)
      throw new HspaceException("--curve: expected --annotations FILE with it");
    boolean other = label != null || againstRandom != null || curve != null;
    if (!other && (set == null) == directions.isEmpty()) {
      throw new HspaceException(
          "expected --set or --direction, or one of --label, --against-random and --curve");
    }
  }

  private SamplingOptions sampling() {
    return lattice.sampling(EtaSchedule.DDPM).withRecordH(false);
  }

  private void table(Model model, Classifier classifier) {
    List<Direction> loaded = new ArrayList<>();
    try {
      load(model, loaded);
      List<Target> targets = new ArrayList<>();
      for (Direction direction : loaded)
        targets.add(new Target(direction, target(direction.name(), classifier)));
      int[] sample = model.sampleShape();
      Tensor region = mask == null ? null : MaskFile.read(mask, sample[1], sample[2]);
      EffectOptions options =
          new EffectOptions(
              samples,
              sets,
              firstSeed,
              amount,
              maxStrength,
              strength == null ? OptionalDouble.empty() : OptionalDouble.of(strength),
              EffectOptions.DEFAULT.calibration(),
              sampling(),
              asymmetric,
              region);
      EffectTable found =
          EffectMeasurement.run(
              model, classifier, targets, options, console().progress("evaluating"));
      out().print(found.text());
      out()
          .printf(
              Locale.ROOT,
              "diagonal mean %.3f, off-diagonal mean %.3f (sizes), in standard deviations%n",
              found.diagonalMean(),
              found.offDiagonalMean());
      write(found);
    } finally {
      loaded.forEach(Direction::close);
    }
  }

  private void load(Model model, List<Direction> loaded) {
    for (DirectionSpec spec : directions) loaded.add(spec.resolve(model));
    if (set == null) return;
    Path folder = model.directory().resolve("directions");
    Path file = folder.resolve(set + ".safetensors");
    if (!Files.isRegularFile(file)) {
      throw new HspaceException("--set " + set + ": expected the file " + file + ", found none");
    }
    try (DirectionSet all = DirectionSet.open(file, model)) {
      for (int k = 0; k < all.size(); k++) loaded.add(all.get(k));
    }
  }

  /** The attribute that a direction's name begins with: {@code smile}, {@code smile-only}. */
  private static String target(String name, Classifier classifier) {
    return classifier.labels().stream()
        .filter(attribute -> name.equals(attribute) || name.startsWith(attribute + "-"))
        .findFirst()
        .orElseThrow(
            () ->
                new HspaceException(
                    "direction "
                        + name
                        + ": expected a name that begins with one of the attributes "
                        + String.join(", ", classifier.labels())));
  }

  private void write(EffectTable found) {
    if (out != null) AtomicFile.write(out, found.csv());
    if (heatMap != null) {
      double full =
          Arrays.stream(found.effect())
              .flatMapToDouble(Arrays::stream)
              .map(Math::abs)
              .max()
              .orElse(1);
      ImageFile.write(
          heatMap,
          HeatMap.draw(
              "effect of edits (rows) on attributes (columns), in sd",
              found.directions(),
              found.attributes(),
              found.effect(),
              Math.max(full, 1e-9)));
    }
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("attributes", found.attributes());
    figures.put("directions", found.directions());
    figures.put("targets", found.targets());
    figures.put("effect", List.of(found.effect()));
    figures.put("effect_sd", List.of(found.effectSd()));
    figures.put("diagonal_mean", found.diagonalMean());
    figures.put("off_diagonal_mean", found.offDiagonalMean());
    figures.put("strengths", found.strengths());
    figures.put(
        "reached",
        IntStream.range(0, found.reached().length).mapToObj(k -> found.reached()[k]).toList());
    figures.put("others", found.others());
    figures.put("pixels", found.pixels());
    figures.put("pixels_inside", found.pixelsInside());
    figures.put("pixels_outside", found.pixelsOutside());
    json.write(figures);
  }

  private void labels(Model model, Classifier classifier) {
    try (DirectionSet pca = DirectionSet.open(label, model)) {
      PcaLabels found =
          PcaLabels.measure(
              model,
              classifier,
              pca,
              leading(pca, label),
              3 * samples,
              firstSeed,
              lattice.batch(),
              console().progress("labelling"));
      out().print(found.text());
      json.write(
          Map.of(
              "attributes", found.attributes(),
              "components", found.components(),
              "correlation", List.of(found.correlation())));
    }
  }

  private int leading(DirectionSet set, Path file) {
    if (components == null) return Math.min(10, set.size());
    if (components < 1 || components > set.size()) {
      throw new HspaceException(
          "--components: expected 1 to "
              + set.size()
              + ", as many as "
              + file
              + " holds, found "
              + components);
    }
    return components;
  }

  private void random(Model model, Classifier classifier) {
    try (DirectionSet pca = DirectionSet.open(againstRandom, model)) {
      double applied = strength == null ? 2 : strength;
      RandomBaseline found =
          RandomBaseline.measure(
              model,
              classifier,
              pca,
              leading(pca, againstRandom),
              applied,
              samples,
              firstSeed,
              sampling(),
              console().progress("comparing"));
      out()
          .printf(
              Locale.ROOT,
              "at strength %.1f: attributes change by %.3f sd along the directions, %.3f along random ones of equal norm: %.1f"
                  + " times as much%npixels change by %.4f and %.4f: %.1f times as much%n",
              applied,
              found.semantic(),
              found.semanticRandom(),
              found.semanticFactor(),
              found.pixels(),
              found.pixelsRandom(),
              found.pixelFactor());
      json.write(
          Map.of(
              "strength", applied,
              "semantic", found.semantic(),
              "semantic_random", found.semanticRandom(),
              "semantic_factor", found.semanticFactor(),
              "pixels", found.pixels(),
              "pixels_random", found.pixelsRandom(),
              "pixel_factor", found.pixelFactor()));
    }
  }

  private void curve(Model model, Classifier classifier) {
    Annotations scored = Annotations.open(annotations, model);
    int[] examples = Arrays.stream(CURVE).filter(n -> 2 * n <= scored.size()).toArray();
    if (examples.length == 0)
      throw new HspaceException(
          "--annotations: expected at least 2 samples, found " + scored.size());
    ExamplesCurve found =
        ExamplesCurve.measure(
            model,
            classifier,
            scored,
            curve,
            examples,
            samples,
            sampling(),
            console().progress("examples needed"));
    out().print(found.csv());
    if (out != null) AtomicFile.write(out, found.csv());
    if (plot != null) {
      ImageFile.write(
          plot,
          LinePlot.draw(
              "examples needed for " + curve,
              "pairs of examples",
              "effect, sd",
              found.examples(),
              List.of("h-space", "x_T"),
              List.of(found.hSpace(), found.xT())));
    }
    json.write(
        Map.of(
            "attribute",
            curve,
            "examples",
            found.examples(),
            "h_space",
            found.hSpace(),
            "x_T",
            found.xT()));
  }
}
