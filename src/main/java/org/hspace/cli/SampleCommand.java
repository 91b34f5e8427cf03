package org.hspace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hspace.HspaceException;
import org.hspace.app.Seeds;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TrajectoryFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hspace sample}: images, and their trajectories, from seeds. */
@Command(
    name = "sample",
    sortOptions = false,
    description =
        "Samples images from seeds; the same seed gives the same image whatever the others are.",
    footer = {
      "",
      "Example: hspace sample --seeds 0-15 --steps 50 --eta 1 --out samples.png --save trajectories.safetensors"
    })
final class SampleCommand extends HspaceCommand {
  @Option(
      names = "--seeds",
      paramLabel = "SEEDS",
      defaultValue = "0-15",
      order = 1,
      description = "Numbers and ranges such as 0-15,20 (default: ${DEFAULT-VALUE}).")
  private Seeds seeds;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      order = 2,
      description =
          "PNG or JPEG: the image of a single seed as it is, of several seeds a captioned sheet.")
  @Writes(Writes.As.PICTURE)
  private Path out;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      order = 3,
      description = "Also write every image as it is, DIR/seed-N.png.")
  @Writes(value = Writes.As.FOLDER, names = "seed-\\d+\\.png")
  private Path images;

  @Option(
      names = "--save",
      paramLabel = "FILE",
      order = 4,
      description = "Write the trajectories (x_T, z, h, x_0) as safetensors.")
  @Writes(Writes.As.TENSORS)
  private Path save;

  @Mixin private SamplingMixin lattice;
  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    if (out == null && save == null && images == null) {
      throw new HspaceException("nothing to write: expected --out, --images or --save");
    }
    if (images != null) Pictures.makeFolder(images);
    loadLibraries();
    long begun = System.nanoTime();
    try (Model model = modelOptions.openToSample(lattice.clip(), console())) {
      boolean draw = out != null || images != null;
      if (draw) {
        Pictures.checkDrawable(model, out != null ? "--out" : "--images");
      }
      List<RgbImage> pictures = sample(model, draw);
      if (images != null) {
        for (int i = 0; i < pictures.size(); i++) {
          long seed = seeds.values()[i];
          ImageFile.write(
              images.resolve("seed-" + seed + ".png"), pictures.get(i), made(model, seed));
        }
        console().say("wrote " + pictures.size() + " images to " + images);
      }
      if (out != null) {
        Pictures.write(out, pictures, seeds.captions(), made(model, seeds.values()), console());
        console().say("wrote " + out);
      }
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    console()
        .say(
            String.format(
                Locale.ROOT,
                "%d x %d steps, %.1f s",
                seeds.values().length,
                lattice.steps(),
                seconds));
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("seeds", seeds.values());
    figures.put("steps", lattice.steps());
    figures.put("seconds", seconds);
    json.write(figures);
  }

  private Map<String, String> made(Model model, long... seeds) {
    Map<String, String> made = made(model);
    made.put("Images", "seed " + new Seeds(seeds).text());
    return made;
  }

  /** Batch by batch: neither trajectories nor h of all seeds are ever in memory together. */
  private List<RgbImage> sample(Model model, boolean draw) {
    SamplingOptions options =
        lattice
            .sampling(EtaSchedule.DDPM)
            .withRecordH(save != null)
            .withConditioning(lattice.conditioning(model, console()));
    List<RgbImage> pictures = new ArrayList<>();
    Sampler sampler = new Sampler(model);
    if (save == null) {
      sampler.stream(
          seeds.values(),
          options,
          part -> pictures.addAll(Pictures.of(model, part)),
          console().progress("sampling", seeds.values().length));
      return pictures;
    }
    Provenance provenance = Provenance.ofSamples(model, options, seeds.values());
    try (TrajectoryFile.Writer writer =
        new TrajectoryFile.Writer(save, seeds.values().length, provenance)) {
      sampler.stream(
          seeds.values(),
          options,
          part -> {
            writer.append(part);
            if (draw) {
              pictures.addAll(Pictures.of(model, part));
            }
          },
          console().progress("sampling", seeds.values().length));
      writer.finish();
    }
    console().say("wrote " + save);
    return pictures;
  }
}
