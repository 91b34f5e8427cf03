package org.hspace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.hspace.HspaceException;
import org.hspace.app.DirectionName;
import org.hspace.directions.Annotations;
import org.hspace.directions.AttributeDirections;
import org.hspace.directions.AttributeOptions;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hspace attribute}: directions of attributes, from annotations. */
@Command(
    name = "attribute",
    sortOptions = false,
    description =
        "Makes the direction of an attribute of annotated samples: the mean difference between the highest and the lowest, or the"
            + " slope when h is regressed on all attributes at once.",
    footer = {
      "",
      "Example: hspace attribute --annotations annotations.csv --name smile --examples 100 --balance gender --out smile.safetensors",
      "         hspace attribute --annotations annotations.csv --name all --fit regression --out attributes.safetensors"
    })
final class AttributeCommand extends HspaceCommand {
  private static final int EXAMPLES = 100;

  /** Ways to make a direction of scores. */
  enum Fit {
    EXTREMES,
    REGRESSION
  }

  @Option(
      names = "--annotations",
      paramLabel = "FILE",
      required = true,
      order = 1,
      description = "The table that hspace annotate wrote.")
  @Reads
  private Path annotations;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      split = ",",
      required = true,
      order = 2,
      description = "Attributes, comma-separated, or all; one file holds all of them.")
  private List<String> names;

  @Option(
      names = "--examples",
      paramLabel = "N",
      order = 3,
      description =
          "Highest and lowest samples each; with --fit regression they set the direction's length"
              + " (default: 100, or half of fewer than 200 samples).")
  private Integer examples;

  @Option(
      names = "--balance",
      paramLabel = "NAME",
      order = 4,
      description =
          "Take as many of the upper as of the lower half of this attribute, on both sides.")
  private String balance;

  @Option(
      names = "--fit",
      paramLabel = "FIT",
      defaultValue = "extremes",
      order = 5,
      description = "extremes or regression (default: ${DEFAULT-VALUE}).")
  private Fit fit;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      order = 6,
      description = "Write the directions as safetensors.")
  @Writes(Writes.As.TENSORS)
  private Path out;

  @Option(
      names = "--suffix",
      paramLabel = "TEXT",
      defaultValue = "",
      order = 7,
      description = "Put behind the directions' names, for instance -regression.")
  private String suffix;

  @Mixin private OutputTypeMixin type;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    if (!DirectionName.addressable(suffix))
      throw new HspaceException("--suffix: expected no ':', '=' and ',', found '" + suffix + "'");
    loadLibraries();
    try (Model model = modelOptions.open(console())) {
      Annotations samples = Annotations.open(annotations, model);
      int each = examples == null ? Math.min(EXAMPLES, samples.size() / 2) : examples;
      List<String> wanted = names.equals(List.of("all")) ? samples.labels() : names;
      List<DirectionSet> found = new ArrayList<>();
      try {
        for (String name : wanted) {
          AttributeOptions options =
              new AttributeOptions(
                  name, each, name.equals(balance) ? null : balance, fit == Fit.REGRESSION);
          found.add(new AttributeDirections(model).run(samples, options));
          Object span = found.get(found.size() - 1).provenance().details().get("score_difference");
          out().printf(Locale.ROOT, "%-12s highest - lowest: %.3f%n", name, span);
        }
        try (DirectionSet all =
            DirectionSet.merge(found, name -> DirectionName.parse(name + suffix).text())) {
          type.save(all, out);
        }
        console().say("wrote " + out);
      } finally {
        found.forEach(DirectionSet::close);
      }
    }
  }
}
