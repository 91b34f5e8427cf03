package org.hspace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hspace.HspaceException;
import org.hspace.app.DirectionName;
import org.hspace.app.DisentangledAttributes;
import org.hspace.directions.Annotations;
import org.hspace.directions.AttributeDirections;
import org.hspace.directions.AttributeOptions;
import org.hspace.evaluate.EffectDisentanglement;
import org.hspace.pipeline.Classifier;
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
            + " slope when h is regressed on all attributes at once. With --disentangled the slopes are tried on new samples"
            + " and combined so that the other attributes stay where they are; strength 1 is then half a standard deviation.",
    footer = {
      "",
      "Example: hspace attribute --annotations annotations.csv --name smile --examples 100 --balance gender --out smile.safetensors",
      "         hspace attribute --annotations annotations.csv --name all --fit regression --out attributes.safetensors",
      "         hspace attribute --annotations annotations.csv --name all --disentangled --out alone.safetensors"
    })
final class AttributeCommand extends HspaceCommand {
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
      order = 5,
      description = "extremes or regression (default: extremes).")
  private Fit fit;

  @Option(
      names = "--disentangled",
      order = 5,
      description =
          "Each attribute alone, NAME-only: slopes, combined by what they do to new samples.")
  private boolean disentangled;

  @Option(
      names = "--trials",
      paramLabel = "N",
      defaultValue = "200",
      order = 5,
      description = "With --disentangled: new samples (default: ${DEFAULT-VALUE}).")
  private int trials;

  @Option(
      names = "--first-seed",
      paramLabel = "SEED",
      defaultValue = "500000",
      order = 5,
      description =
          "With --disentangled: seed of the first of them, away from those annotated (default: ${DEFAULT-VALUE}).")
  private long firstSeed;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      order = 5,
      description = "With --disentangled: images of one network pass (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--force",
      order = 5,
      description = "With --disentangled: keep directions of which little is left.")
  private boolean force;

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
      order = 7,
      description =
          "Put behind the directions' names, for instance -regression (default: nothing, with --disentangled -only).")
  private String suffix;

  @Mixin private ClassifierMixin classifierOptions;
  @Mixin private OutputTypeMixin type;
  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  private final Map<String, Object> figures = new LinkedHashMap<>();

  @Override
  void run() {
    if (suffix == null) suffix = disentangled ? "-only" : "";
    if (!DirectionName.addressable(suffix))
      throw new HspaceException("--suffix: expected no ':', '=' and ',', found '" + suffix + "'");
    if (disentangled) refuse(List.of("--balance", "--fit"), "--disentangled");
    else {
      refuseWithout(
          List.of("--trials", "--first-seed", "--batch", "--force", "--classifier"),
          "--disentangled");
    }
    loadLibraries();
    try (Model model = modelOptions.open(console())) {
      Annotations samples = Annotations.open(annotations, model);
      List<String> wanted = names.equals(List.of("all")) ? samples.labels() : names;
      try (DirectionSet all =
          disentangled ? alone(model, samples, wanted) : each(model, samples, wanted)) {
        type.save(all, out);
      }
      console().say("wrote " + out);
      json.write(figures);
    }
  }

  private int examples(Annotations samples) {
    return examples == null ? AttributeOptions.examples(samples) : examples;
  }

  private DirectionSet each(Model model, Annotations samples, List<String> wanted) {
    List<DirectionSet> found = new ArrayList<>();
    try {
      for (String name : wanted) {
        AttributeOptions options =
            new AttributeOptions(
                name,
                examples(samples),
                name.equals(balance) ? null : balance,
                fit == Fit.REGRESSION);
        found.add(new AttributeDirections(model).run(samples, options));
        Object span = found.get(found.size() - 1).provenance().details().get("score_difference");
        figures.put(name, Map.of("score_difference", span));
        out().printf(Locale.ROOT, "%-12s highest - lowest: %.3f%n", name, span);
      }
      return DirectionSet.merge(found, name -> DirectionName.parse(name + suffix).text());
    } finally {
      found.forEach(DirectionSet::close);
    }
  }

  private DirectionSet alone(Model model, Annotations samples, List<String> wanted) {
    try (Classifier classifier = classifierOptions.open(model)) {
      List<DisentangledAttributes.Row> rows = new ArrayList<>();
      DirectionSet found =
          new DisentangledAttributes(model, classifier, samples)
              .run(
                  wanted,
                  new DisentangledAttributes.Options(
                      examples(samples), trials, firstSeed, batch, suffix, force),
                  rows,
                  console().progress("trying"));
      for (DisentangledAttributes.Row row : rows) {
        out().println(row.text());
        figures.put(row.name(), Map.of("cosine", row.cosine(), "weights", row.weights()));
        if (row.cosine() < EffectDisentanglement.ALONG)
          console().warn(row.name() + ": little is left of the slope");
      }
      return found;
    }
  }
}
