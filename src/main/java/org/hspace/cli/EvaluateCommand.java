package org.hspace.cli;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.HspaceException;
import org.hspace.app.Workplace;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;

/** {@code hspace evaluate}: what directions do to attributes. */
@Command(
    name = "evaluate",
    sortOptions = false,
    description = {
      "Measures what directions do, by a classifier. Without --label, --against-random, --curve, --real or --local: the table of each"
          + " direction's effect on each attribute, in standard deviations of the attribute, at the strength that moves the"
          + " direction's own attribute by --amount.",
      "--label names principal components by the attribute they go with; --against-random compares them with random directions of"
          + " equal norm; --curve draws how many examples a direction needs in h-space and in x_T; --real edits the pictures of a folder"
          + " along --set or --direction, and compares that with the model's own samples; --local compares ways to keep an edit of one"
          + " image inside a mask."
    },
    footer = {
      "",
      "Example: hspace evaluate --set disentangled --steps 10 --heat-map table.png --json table.json",
      "         hspace evaluate --label pca.safetensors",
      "         hspace evaluate --curve smile --annotations annotations.csv --steps 10 --plot curve.png"
    })
final class EvaluateCommand extends Movable {
  @Mixin private EvaluateTable table;
  @Mixin private EvaluateLabels labels;
  @Mixin private EvaluateRandom random;
  @Mixin private EvaluateCurve curve;
  @Mixin private EvaluateReal real;
  @Mixin private EvaluateLocal local;
  @Mixin private EvaluateOptions options;
  @Mixin private ClassifierMixin classifierOptions;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    List<EvaluateMode> modes = List.of(labels, random, curve, real, local, table);
    modes.forEach(EvaluateMode::check);
    List<EvaluateMode> chosen =
        modes.stream()
            .filter(EvaluateMode::chosen)
            .filter(mode -> mode != table || !real.chosen()) // which measures its directions
            .toList();
    if (chosen.size() != 1) {
      throw new HspaceException(
          "expected one of --set, --direction or --by-prompt, --label, --against-random, --curve, --real and --local, found "
              + (chosen.isEmpty() ? "none" : "several"));
    }
    EvaluateMode mode = chosen.get(0);
    if (mode == real && !table.chosen())
      throw new HspaceException("--real: expected --set or --direction beside it");
    if (mode != table && place() != Workplace.HERE)
      throw new HspaceException(mode.option() + ": measured on one machine, by hspace evaluate");
    refuse(mode.unread(), mode.option());
    if (options.strength().isPresent()) refuse(mode.insteadOfStrength(), "--strength");
    for (EvaluateMode other : modes) {
      List<String> names = new ArrayList<>(options(other));
      if (mode == real) names.removeAll(List.of("--set", "--direction"));
      if (other != mode) refuse(names, mode.option());
    }
    boolean scores = !mode.unread().contains(EvaluateMode.CLASSIFIER);
    loadLibraries();
    try (Model model = modelOptions.openToSample(options.clip(), console());
        Classifier classifier = scores ? classifierOptions.open(model) : null;
        PointerScope scope = new PointerScope()) {
      mode.run(
          new EvaluateMode.Context(
              model,
              classifier,
              options,
              table.directions(),
              place(),
              console(),
              out(),
              made(model)));
    }
  }

  /** The names of the options that a mode alone reads. */
  private List<String> options(EvaluateMode mode) {
    return spec().mixins().values().stream()
        .filter(mixin -> mixin.userObject() == mode)
        .flatMap(mixin -> mixin.options().stream())
        .map(OptionSpec::longestName)
        .toList();
  }
}
