package org.hspace.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.hspace.HspaceException;
import org.hspace.app.demo.DemoContext;
import org.hspace.app.demo.Figure;
import org.hspace.app.demo.Panel;
import org.hspace.app.demo.Panels;
import org.hspace.app.demo.Report;
import org.hspace.image.RgbImage;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.SamplingOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hspace demo}: finds directions in the shipped model and shows what they do. */
@Command(
    name = "demo",
    sortOptions = false,
    description =
        "Samples the model, finds its directions, edits and inverts images, and writes pictures of all that.",
    footer = {"", "Example: hspace demo --out hspace-demo"})
final class DemoCommand extends HspaceCommand {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "hspace-demo",
      order = 1,
      description = "Folder for the pictures (default: ./${DEFAULT-VALUE}).")
  @Writes(value = Writes.As.FOLDER, names = ".*\\.png|index\\.html")
  private Path folder;

  @Option(
      names = "--steps",
      paramLabel = "T",
      defaultValue = "20",
      order = 2,
      description = "Inference steps (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "240",
      order = 3,
      description = "Trajectories that the PCA sees (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Mixin private ConditionMixin condition;
  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    loadLibraries();
    long begun = System.nanoTime();
    try (Model model = modelOptions.openToSample(false, console())) {
      if (model.pictureShape()[0] != RgbImage.CHANNELS) {
        throw new HspaceException(
            "demo: expected a model of images with 3 channels, found "
                + model.pictureShape()[0]
                + " channels in "
                + model.directory());
      }
      Pictures.makeFolder(folder);
      console()
          .say("model " + model.directory() + ", " + steps + " steps; pictures go to " + folder);
      SamplingOptions sampling =
          SamplingOptions.DEFAULT
              .withSteps(steps)
              .withEta(EtaSchedule.DDPM)
              .withBatch(16)
              .withConditioning(condition.of(model, console()));
      try (DemoContext context =
          new DemoContext(model, folder, sampling, stage -> console().progress(stage))) {
        Report report = new Report(folder, made(model));
        for (Panel panel : Panels.of(samples)) {
          draw(panel, context, report);
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        report.finish(
            "hspace on " + model.directory().getFileName(),
            List.of(String.format(Locale.ROOT, "%d steps; made in %.0f seconds.", steps, seconds)));
        context.figures().put("seconds", seconds);
        json.write(context.figures());
        out().printf(Locale.ROOT, "%s (%.0f s)%n", folder.resolve("index.html"), seconds);
        out().println(folder.resolve("poster.png"));
      }
    }
  }

  private void draw(Panel panel, DemoContext context, Report report) {
    Optional<String> missing = panel.missing(context);
    if (missing.isPresent()) {
      console().say(panel.title() + ": left out, because " + missing.get());
      return;
    }
    long begun = System.nanoTime();
    List<Figure> figures = panel.draw(context);
    figures.forEach(report::add);
    List<String> names = figures.stream().map(figure -> figure.name() + ".png").toList();
    console()
        .say(
            String.format(
                Locale.ROOT,
                "%s: %s (%.1f s)",
                panel.title(),
                String.join(", ", names),
                (System.nanoTime() - begun) / 1e9));
  }
}
