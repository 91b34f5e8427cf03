package org.hspace.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hspace.directions.Annotations;
import org.hspace.evaluate.PcaLabels;
import org.hspace.pipeline.DirectionSet;
import picocli.CommandLine.Option;

/** {@code --label}: which attribute each principal component goes with. */
final class EvaluateLabels implements EvaluateMode {
  /** Correlations take more samples than means do. */
  private static final int SAMPLES = 300;

  @Option(
      names = "--label",
      paramLabel = "FILE",
      order = 11,
      description = "A PCA's direction file: name its components.")
  @Reads
  private Path label;

  @Override
  public boolean chosen() {
    return label != null;
  }

  @Override
  public String option() {
    return "--label";
  }

  @Override
  public List<String> unread() {
    return List.of("--strength");
  }

  @Override
  public void run(Context context) {
    EvaluateOptions options = context.options();
    try (DirectionSet pca = DirectionSet.open(label, context.model())) {
      options.checkLattice(pca.provenance(), label);
      PcaLabels found = options.annotations() == null ? drawn(context, pca) : kept(context, pca);
      context.out().print(found.text());
      options.writeTable(found.csv());
      options
          .json()
          .write(
              Map.of(
                  "labels", found.best(),
                  "attributes", found.attributes(),
                  "components", found.components(),
                  "correlation", List.of(found.correlation())));
    }
  }

  private PcaLabels drawn(Context context, DirectionSet pca) {
    EvaluateOptions options = context.options();
    return PcaLabels.measure(
        context.model(),
        context.classifier(),
        pca,
        options.leading(pca, label),
        options.samples(SAMPLES),
        options.firstSeed(),
        options.batch(),
        context.console().progress("labelling"));
  }

  private PcaLabels kept(Context context, DirectionSet pca) {
    EvaluateOptions options = context.options();
    Annotations samples = Annotations.open(options.annotations(), context.model());
    return PcaLabels.measure(
        samples, pca, options.leading(pca, label), options.samples(samples.size()));
  }
}
