package org.hspace.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.directions.AnnotationOptions;
import org.hspace.directions.Annotations;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.SamplingOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hspace annotate}: samples, scored by a classifier. */
@Command(
    name = "annotate",
    sortOptions = false,
    description = {
      "Samples seeds, scores each image with a classifier, and keeps h of the extremes, so that hspace attribute needs no"
          + " sampling; pca and evaluate take samples of a table only with --keep all, or when so few were scored that all are kept.",
      "Writes a table with a line a seed, and a folder of that name with .h behind it. The same command again goes on where a"
          + " killed one stopped."
    },
    footer = {
      "",
      "Example: hspace annotate --samples 2000 --steps 10 --store float16 --out annotations.csv"
    })
final class AnnotateCommand extends Movable {
  /** Types in which h can be kept. */
  enum Store {
    FLOAT32(ScalarType.Float),
    FLOAT16(ScalarType.Half);

    private final ScalarType type;

    Store(ScalarType type) {
      this.type = type;
    }
  }

  /**
   * Which h are kept.
   *
   * @param extremes of each side of each attribute; 0 for all samples
   */
  record Kept(int extremes) {
    static Kept parse(String text) {
      if (text.equals("all")) return new Kept(0);
      if (text.matches("[1-9]\\d{0,8}")) return new Kept(Integer.parseInt(text));
      throw new HspaceException("expected a number from 1 on, or all, found '" + text + "'");
    }
  }

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "10000",
      order = 1,
      description = "Seeds that are sampled (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--first-seed",
      paramLabel = "SEED",
      defaultValue = "0",
      order = 2,
      description = "Seeds are SEED to SEED + N - 1 (default: ${DEFAULT-VALUE}).")
  private long firstSeed;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      order = 3,
      description = "The table: seed and a column an attribute, comma-separated.")
  @Writes(value = Writes.As.TEXT, beside = ".h")
  private Path out;

  @Option(
      names = "--store",
      paramLabel = "TYPE",
      defaultValue = "float32",
      order = 4,
      description = "Type of the stored h: float32 or float16 (default: ${DEFAULT-VALUE}).")
  private Store store;

  @Option(
      names = "--keep",
      paramLabel = "N",
      defaultValue = "200",
      order = 5,
      description =
          "Keep the h of the N highest and the N lowest of each attribute, and of the others what a regression needs; or all"
              + " (default: ${DEFAULT-VALUE}).")
  private Kept keep;

  @Mixin private SamplingMixin lattice;
  @Mixin private ClassifierMixin classifierOptions;
  @Mixin private JsonMixin json;
  @Mixin private DryRunMixin dryRun;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    SamplingOptions sampling = lattice.sampling(EtaSchedule.DDPM);
    int partRows =
        Math.max(AnnotationOptions.DEFAULT.partRows() / lattice.batch(), 1) * lattice.batch();
    AnnotationOptions options =
        new AnnotationOptions(
            samples,
            firstSeed,
            sampling,
            store.type,
            partRows,
            keep.extremes(),
            AnnotationOptions.DEFAULT.saveEvery());
    loadLibraries();
    try (Model model = modelOptions.openToSample(lattice.clip(), console());
        Classifier classifier = classifierOptions.open(model)) {
      Pictures.checkDrawable(model, "annotate");
      options =
          options.withSampling(sampling.withConditioning(lattice.conditioning(model, console())));
      if (dryRun.instead(model, options.sampling(), samples, out(), json)) return;
      Annotations found =
          place().annotate(model, classifier, options, out, console().progress("annotating"));
      console().say("wrote " + out);
      Map<String, Object> figures = new LinkedHashMap<>();
      for (String label : found.labels()) {
        DescriptiveStatistics scores = new DescriptiveStatistics(found.scores(label));
        out()
            .printf(
                Locale.ROOT,
                "%-12s mean %8.3f  sd %8.3f%n",
                label,
                scores.getMean(),
                scores.getStandardDeviation());
        figures.put(label, Map.of("mean", scores.getMean(), "sd", scores.getStandardDeviation()));
      }
      json.write(Map.of("samples", found.size(), "attributes", figures));
    }
  }
}
