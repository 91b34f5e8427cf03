package org.hspace.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.hspace.cli.demo.ComponentsPanel;
import org.hspace.cli.demo.DemoContext;
import org.hspace.cli.demo.ExamplesPanel;
import org.hspace.cli.demo.Figure;
import org.hspace.cli.demo.InversionPanel;
import org.hspace.cli.demo.JacobianPanel;
import org.hspace.cli.demo.Panel;
import org.hspace.cli.demo.Report;
import org.hspace.cli.demo.SamplesPanel;
import org.hspace.cli.demo.ShippedPanel;
import org.hspace.image.RgbImage;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.schedule.EtaSchedule;
import org.hspace.trajectory.SamplingOptions;
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
  // Rectangles x, y, w, h of a portrait, as shares of its width and height.
  private static final double[] MOUTH = {0.3, 0.58, 0.4, 0.2};
  private static final double[] EYES = {0.25, 0.38, 0.5, 0.17};

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

  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    loadLibraries();
    long begun = System.nanoTime();
    try (Model model = modelOptions.openToSample(false, console())) {
      if (model.sampleShape()[0] != RgbImage.CHANNELS) {
        throw new HspaceException(
            "demo: expected a model of images with 3 channels, found "
                + model.sampleShape()[0]
                + " channels in "
                + model.directory());
      }
      Pictures.makeFolder(folder);
      console()
          .say("model " + model.directory() + ", " + steps + " steps; pictures go to " + folder);
      SamplingOptions sampling =
          SamplingOptions.DEFAULT.withSteps(steps).withEta(EtaSchedule.DDPM).withBatch(16);
      try (DemoContext context =
          new DemoContext(model, folder, sampling, stage -> console().progress(stage))) {
        Report report = new Report(folder);
        for (Panel panel : panels()) {
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

  private List<Panel> panels() {
    Map<String, double[]> regions = new LinkedHashMap<>();
    regions.put("mouth", MOUTH);
    regions.put("eyes", EYES);
    return List.of(
        new SamplesPanel(24),
        new ComponentsPanel(samples, 6, new long[] {0, 1, 2}, new double[] {-3, -1.5, 0, 1.5, 3}),
        new ShippedPanel(1, 0, 3, 5),
        new JacobianPanel(3, 5, 0.5, regions),
        new ExamplesPanel("hat", 48, 8, new long[] {0, 1, 2}, new double[] {-1, 0, 0.75, 1.5}),
        new InversionPanel(7, 12));
  }
}
