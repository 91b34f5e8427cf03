package org.hspace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.app.Workplace;
import org.hspace.evaluate.Change;
import org.hspace.evaluate.EffectMeasurement;
import org.hspace.evaluate.EffectOptions;
import org.hspace.evaluate.EffectTable;
import org.hspace.evaluate.HeldEdits;
import org.hspace.evaluate.MeasuredEdits;
import org.hspace.evaluate.Target;
import org.hspace.image.HeatMap;
import org.hspace.image.ImageFile;
import org.hspace.image.MaskFile;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Prompt;
import org.hspace.pipeline.Window;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code --set}, {@code --direction} or {@code --by-prompt}: the effect of each on each attribute.
 */
final class EvaluateTable implements EvaluateMode {
  @Mixin private EvaluateDirections directions;

  @Option(
      names = "--by-prompt",
      paramLabel = "ATTRIBUTE=TEXT",
      order = 2,
      description =
          "Of a model that reads texts: what this prompt does to the same samples, as a row of the table; its strength is"
              + " guidance from the samples' own prompt to it (default: from the empty one).")
  private List<String> prompts = new ArrayList<>();

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
      defaultValue = "0.5",
      order = 5,
      description =
          "How far each direction moves its own attribute, in standard deviations; an attribute with two values can hardly"
              + " move by more than one (default: ${DEFAULT-VALUE}).")
  private double amount;

  @Option(
      names = "--max-strength",
      paramLabel = "S",
      defaultValue = "4",
      order = 6,
      description = "Largest strength that may be chosen for that (default: ${DEFAULT-VALUE}).")
  private double maxStrength;

  @Option(
      names = "--mask",
      paramLabel = "MASK",
      order = 8,
      description =
          "Also report the pixels' change inside and outside: x,y,w,h, FILE.png (white or coloured is inside),"
              + " or FILE.json:REGION.")
  @Reads
  private String mask;

  @Option(
      names = "--heat-map",
      paramLabel = "FILE",
      order = 10,
      description = "Draw the table as PNG.")
  @Writes(Writes.As.PICTURE)
  private Path heatMap;

  @Option(
      names = "--asymmetric",
      order = 18,
      description = "Add directions to the predicted x_0 only (Asyrp).")
  private boolean asymmetric;

  @Mixin private InjectMixin inject;
  @Mixin private HoldMixin hold;

  @Mixin private DryRunMixin dryRun;

  /** The directions, which --real measures too. */
  EvaluateDirections directions() {
    return directions;
  }

  @Override
  public boolean chosen() {
    return directions.given() || !prompts.isEmpty();
  }

  @Override
  public List<String> insteadOfStrength() {
    return List.of("--amount", "--max-strength");
  }

  @Override
  public void check() {
    directions.check();
    if (hold.given() && !prompts.isEmpty())
      throw new HspaceException("--hold: expected directions, found --by-prompt");
  }

  @Override
  public String option() {
    return directions.given() ? directions.option() : "--by-prompt";
  }

  @Override
  public List<String> unread() {
    return List.of(
        "--annotations", "--components", "--h-space"); // each direction has its own point
  }

  @Override
  public void run(Context context) {
    if (hold.given() && context.place() != Workplace.HERE)
      throw new HspaceException("--hold: measured in one process only");
    Model model = context.model();
    List<Direction> loaded = new ArrayList<>();
    try {
      directions.load(model, loaded);
      List<Target> targets = new ArrayList<>();
      List<String> attributes = EvaluateDirections.attributes(loaded, context.classifier());
      for (int k = 0; k < loaded.size(); k++)
        targets.add(new Target(loaded.get(k), attributes.get(k)));
      targets.addAll(byPrompts(context));
      List<HeldEdits.Control> controls =
          hold.given()
              ? hold.controls(model, context.classifier(), Set.copyOf(attributes), loaded)
              : List.of();
      EffectOptions asked = effectOptions(model, context.options(), context.console());
      if (dryRun.instead(
          model,
          asked.sampling(),
          EffectMeasurement.images(targets.size(), controls.size(), asked),
          context.out(),
          context.options().json())) {
        return;
      }
      Progress progress = context.console().progress("evaluating");
      MeasuredEdits plain = context.place().effects(model, context.classifier(), asked, progress);
      EffectTable found =
          EffectMeasurement.run(
              model,
              context.classifier(),
              targets,
              asked,
              plain,
              deviations ->
                  controls.isEmpty()
                      ? plain
                      : MeasuredEdits.held(
                          model,
                          context.classifier(),
                          asked,
                          new HeldEdits(
                              model, context.classifier(), controls, deviations, Window.ALL),
                          attributes),
              progress);
      context.out().print(found.text());
      context
          .out()
          .printf(
              Locale.ROOT,
              "diagonal mean %.3f, off-diagonal mean %.3f (sizes), in standard deviations%n",
              found.diagonalMean(),
              found.offDiagonalMean());
      context.options().writeTable(found.csv());
      if (heatMap != null) drawHeatMap(found, context.made());
      context.options().json().write(figures(found, targets));
    } finally {
      loaded.forEach(Direction::close);
    }
  }

  private EffectOptions effectOptions(Model model, EvaluateOptions options, Console console) {
    int[] picture = model.pictureShape();
    Tensor region =
        mask == null ? null : MaskFile.read(mask, picture[1], picture[2]); // (1, 1, H, W)
    return new EffectOptions(
        options.samples(),
        sets,
        options.firstSeed(),
        amount,
        maxStrength,
        options.strength(),
        EffectOptions.calibrationFor((long) options.samples() * sets),
        options.sampling(model, console),
        EditOptions.DEFAULT.withAsymmetric(asymmetric).withInjectInto(inject.value()),
        region);
  }

  private List<Target> byPrompts(Context context) {
    List<Target> found = new ArrayList<>();
    for (String prompt : prompts) {
      int split = prompt.indexOf('=');
      String attribute = split < 0 ? "" : prompt.substring(0, split);
      if (!context.classifier().labels().contains(attribute)) {
        throw new HspaceException(
            "--by-prompt: expected ATTRIBUTE=TEXT with one of the attributes "
                + String.join(", ", context.classifier().labels())
                + ", found '"
                + prompt
                + "'");
      }
      if (!context.model().readsTexts())
        throw new HspaceException(
            "--by-prompt: " + context.model().directory() + " reads no texts");
      Prompt text = context.model().prompt(prompt.substring(split + 1), context.console()::warn);
      found.add(new Target(new Change.ByPrompt(text), attribute));
    }
    return found;
  }

  private void drawHeatMap(EffectTable found, Map<String, String> made) {
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
            Math.max(full, 1e-9)),
        made);
  }

  private static Map<String, Object> figures(EffectTable found, List<Target> targets) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("attributes", found.attributes());
    figures.put("directions", found.directions());
    figures.put("hashes", targets.stream().map(target -> target.change().hash()).toList());
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
    if (Arrays.stream(found.pixelsInside()).noneMatch(Double::isNaN)) { // with a mask
      figures.put("pixels_inside", found.pixelsInside());
      figures.put("pixels_outside", found.pixelsOutside());
    }
    return figures;
  }
}
