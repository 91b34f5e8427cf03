package org.hspace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.HspaceException;
import org.hspace.evaluate.RealEdits;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Locality;
import org.hspace.pipeline.Model;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code --real}: what directions do to a user's pictures, beside what they do to samples. */
final class EvaluateReal implements EvaluateMode {
  /** Suggested strengths move an attribute by half a standard deviation; these by about a whole. */
  private static final double MULTIPLE = 2;

  /** Of a direction that suggests none. */
  private static final double STRENGTH = 3;

  private static final int SAMPLES = 16;

  @Option(
      names = "--real",
      paramLabel = "DIR",
      order = 19,
      description =
          "Edit the pictures of this folder: the attribute's movement, and the change of the pixels that the direction leaves"
              + " alone in samples, beside those of --samples of the model's own (default: 16).")
  @Reads
  private Path folder;

  @Option(
      names = "--skips",
      paramLabel = "LIST",
      split = ",",
      defaultValue = "0.3",
      order = 19,
      description = "Of --real: shares of the steps that run unedited (default: ${DEFAULT-VALUE}).")
  private double[] skips;

  @Option(
      names = "--etas",
      paramLabel = "LIST",
      split = ",",
      order = 19,
      description = "Of --real: the noise of inversion, instead of --eta.")
  private List<EtaSchedule> etas;

  @Option(
      names = "--step-counts",
      paramLabel = "LIST",
      split = ",",
      order = 19,
      description = "Of --real: numbers of steps, instead of --steps.")
  private int[] steps;

  @Option(
      names = "--everywhere",
      order = 19,
      description = "Of --real: edit the whole picture against all of its own noise.")
  private boolean everywhere;

  @Mixin private FitMixin fit;

  @Override
  public boolean chosen() {
    return folder != null;
  }

  @Override
  public String option() {
    return "--real";
  }

  @Override
  public List<String> unread() {
    return List.of("--annotations", "--components", "--h-space");
  }

  @Override
  public void check() {
    for (double skip : skips) {
      if (!(skip >= 0 && skip <= 1))
        throw new HspaceException("--skips: expected numbers from 0 to 1, found " + skip);
    }
  }

  @Override
  public void run(Context context) {
    Model model = context.model();
    EvaluateOptions options = context.options();
    Photographs photographs =
        Photographs.read(Photographs.list(folder), fit.value(), model, context.console());
    List<Direction> loaded = new ArrayList<>();
    try (PointerScope scope = new PointerScope()) {
      context.directions().load(model, loaded);
      double[] strengths =
          context.directions().suggestedStrengths(model).stream()
              .mapToDouble(unit -> strength(options.strength(), unit))
              .toArray();
      List<RealEdits.Row> rows =
          RealEdits.measure(
              model,
              context.classifier(),
              photographs.tensor(model),
              photographs.sources(),
              loaded,
              EvaluateDirections.attributes(loaded, context.classifier()),
              strengths,
              settings(model, context),
              context.console().progress("evaluating"));
      List<RealEdits.Setting> settings = RealEdits.settings(rows);
      Optional<RealEdits.Setting> knee = RealEdits.knee(settings);
      context.out().print(text(rows, settings, knee));
      options.writeTable(csv(rows));
      options.json().write(figures(rows, settings, knee, photographs));
    } finally {
      loaded.forEach(Direction::close);
    }
  }

  private static double strength(OptionalDouble asked, OptionalDouble suggested) {
    if (asked.isPresent()) return asked.getAsDouble();
    return suggested.isPresent() ? MULTIPLE * suggested.getAsDouble() : STRENGTH;
  }

  private RealEdits.Options settings(Model model, Context context) {
    EvaluateOptions options = context.options();
    InversionOptions inversion = options.inversion(model, context.console());
    EditOptions editing = EditOptions.DEFAULT.withBatch(options.batch());
    return new RealEdits.Options(
        skips,
        etas == null ? List.of(inversion.eta()) : etas,
        steps == null ? new int[] {inversion.steps()} : steps,
        options.samples(SAMPLES),
        options.firstSeed(),
        options.sampling(model, context.console()).withEta(EtaSchedule.DDPM),
        inversion,
        everywhere ? editing : editing.withLocality(Locality.OF_PICTURES));
  }

  private static String text(
      List<RealEdits.Row> rows,
      List<RealEdits.Setting> settings,
      Optional<RealEdits.Setting> knee) {
    StringBuilder text =
        new StringBuilder(
            "%-16s %5s %6s %6s %8s %9s %8s %9s %8s %9s %6s%n"
                .formatted(
                    "direction",
                    "skip",
                    "eta",
                    "steps",
                    "effect",
                    "(samples)",
                    "outside",
                    "(samples)",
                    "distance",
                    "(samples)",
                    "psnr"));
    for (RealEdits.Row row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-16s %5.2f %6s %6d %8.3f %9.3f %8.4f %9.4f %8.4f %9.4f %6.1f%n",
              row.direction(),
              row.skip(),
              row.eta(),
              row.steps(),
              row.effect(),
              row.effectSamples(),
              row.outside(),
              row.outsideSamples(),
              row.distance(),
              row.distanceSamples(),
              row.psnr()));
    }
    text.append(
        "%nall directions, against samples%n%5s %6s %6s %7s %8s %9s %6s%n"
            .formatted("skip", "eta", "steps", "effect", "outside", "distance", "psnr"));
    for (RealEdits.Setting setting : settings) {
      text.append(
          String.format(
              Locale.ROOT,
              "%5.2f %6s %6d %7.2f %8.2f %9.2f %6.1f%s%n",
              setting.skip(),
              setting.eta(),
              setting.steps(),
              setting.effect(),
              setting.outside(),
              setting.distance(),
              setting.psnr(),
              knee.equals(Optional.of(setting)) ? " *" : ""));
    }
    if (knee.isPresent())
      text.append("* of those with nine tenths of the largest effect, the least change outside\n");
    return text.toString();
  }

  private static String csv(List<RealEdits.Row> rows) {
    StringBuilder csv = new StringBuilder();
    for (RealEdits.Row row : rows) {
      Map<String, Object> fields = fields(row);
      if (csv.isEmpty()) csv.append(String.join(",", fields.keySet())).append('\n');
      csv.append(String.join(",", fields.values().stream().map(String::valueOf).toList()))
          .append('\n');
    }
    return csv.toString();
  }

  private static Map<String, Object> figures(
      List<RealEdits.Row> rows,
      List<RealEdits.Setting> settings,
      Optional<RealEdits.Setting> knee,
      Photographs photographs) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("images", photographs.names());
    figures.put("rows", rows.stream().map(EvaluateReal::fields).toList());
    figures.put("settings", settings.stream().map(EvaluateReal::fields).toList());
    knee.ifPresent(setting -> figures.put("knee", fields(setting)));
    return figures;
  }

  private static Map<String, Object> fields(RealEdits.Row row) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("direction", row.direction());
    fields.put("strength", row.strength());
    fields.put("skip", row.skip());
    fields.put("eta", number(row.eta()));
    fields.put("steps", row.steps());
    fields.put("effect", row.effect());
    fields.put("effect_samples", row.effectSamples());
    fields.put("others", row.others());
    fields.put("others_samples", row.othersSamples());
    fields.put("psnr_db", row.psnr());
    fields.put("inside", row.inside());
    fields.put("outside", row.outside());
    fields.put("outside_samples", row.outsideSamples());
    fields.put("distance", row.distance());
    fields.put("distance_samples", row.distanceSamples());
    return fields;
  }

  private static Map<String, Object> fields(RealEdits.Setting setting) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("skip", setting.skip());
    fields.put("eta", number(setting.eta()));
    fields.put("steps", setting.steps());
    fields.put("effect_ratio", setting.effect());
    fields.put("outside_ratio", setting.outside());
    fields.put("distance_ratio", setting.distance());
    fields.put("psnr_db", setting.psnr());
    return fields;
  }

  /** A constant η as a number, a schedule as its text. */
  private static Object number(String eta) {
    try {
      return Double.valueOf(eta);
    } catch (NumberFormatException e) {
      return eta;
    }
  }
}
