package org.hspace.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hspace.directions.DirectionSet;
import org.hspace.evaluate.PcaLabels;
import picocli.CommandLine.Option;

/** {@code --label}: which attribute each principal component goes with. */
final class EvaluateLabels implements EvaluateMode {
  /** Correlations take more samples than means do. */
  private static final int SAMPLES_FACTOR = 3;

  @Option(
      names = "--label",
      paramLabel = "FILE",
      order = 11,
      description = "A PCA's direction file: name its components.")
  private Path label;

  @Override
  public boolean chosen() {
    return label != null;
  }

  @Override
  public void run(Context context) {
    EvaluateOptions options = context.options();
    try (DirectionSet pca = DirectionSet.open(label, context.model())) {
      PcaLabels found =
          PcaLabels.measure(
              context.model(),
              context.classifier(),
              pca,
              options.leading(pca, label),
              SAMPLES_FACTOR * options.samples(),
              options.firstSeed(),
              options.batch(),
              context.console().progress("labelling"));
      context.out().print(found.text());
      options
          .json()
          .write(
              Map.of(
                  "attributes", found.attributes(),
                  "components", found.components(),
                  "correlation", List.of(found.correlation())));
    }
  }
}
