package org.hspace.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.hspace.HspaceException;
import org.hspace.directions.Annotations;
import org.hspace.directions.AttributeOptions;
import org.hspace.evaluate.ExamplesCurve;
import org.hspace.image.ImageFile;
import org.hspace.image.LinePlot;
import org.hspace.image.RgbImage;
import picocli.CommandLine.Option;

/** {@code --curve}: how many examples a direction needs, in h-space and in x_T. */
final class EvaluateCurve implements EvaluateMode {
  private static final int[] EXAMPLES = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

  @Option(
      names = "--curve",
      paramLabel = "ATTRIBUTE",
      order = 14,
      description = "Draw the effect over the number of examples.")
  private String attribute;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      order = 16,
      description = "For --curve: the picture.")
  @Writes(Writes.As.PICTURE)
  private Path plot;

  @Override
  public boolean chosen() {
    return attribute != null;
  }

  @Override
  public String option() {
    return "--curve";
  }

  @Override
  public List<String> unread() {
    return List.of("--strength", "--components", "--first-seed", "--h-space");
  }

  @Override
  public void run(Context context) {
    EvaluateOptions options = context.options();
    Path table = options.annotations();
    if (table == null) throw new HspaceException("--curve: expected --annotations FILE with it");
    Annotations scored = Annotations.open(table, context.model());
    int[] examples =
        Arrays.stream(EXAMPLES)
            .filter(n -> 2 * n <= scored.size())
            .filter(n -> scored.keeps(new AttributeOptions(attribute, n, null, false)))
            .toArray();
    if (examples.length == 0)
      throw new HspaceException(
          "--annotations: expected at least 2 samples, found " + scored.size());
    ExamplesCurve found =
        ExamplesCurve.measure(
            context.model(),
            context.classifier(),
            scored,
            attribute,
            examples,
            options.samples(),
            options.sampling(
                context.model(), scored.provenance().conditioning(), context.console()),
            context.console().progress("examples needed"));
    context.out().print(found.csv());
    options.writeTable(found.csv());
    if (plot != null) ImageFile.write(plot, plot(found), context.made());
    options
        .json()
        .write(
            Map.of(
                "attribute", attribute,
                "examples", found.examples(),
                "h_space", found.hSpace(),
                "x_T", found.xT()));
  }

  private RgbImage plot(ExamplesCurve found) {
    return LinePlot.draw(
        "examples needed for " + attribute,
        "pairs of examples",
        "effect, sd",
        found.examples(),
        List.of("h-space", "x_T"),
        List.of(found.hSpace(), found.xT()));
  }
}
