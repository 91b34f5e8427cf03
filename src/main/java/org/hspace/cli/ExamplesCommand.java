package org.hspace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hspace.HspaceException;
import org.hspace.app.Checkpoint;
import org.hspace.app.DirectionName;
import org.hspace.app.Seeds;
import org.hspace.directions.ExampleDirections;
import org.hspace.directions.ExampleOptions;
import org.hspace.directions.ImagePair;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.SamplingOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hspace examples}: a direction from pairs of images with and without an attribute. */
@Command(
    name = "examples",
    sortOptions = false,
    description = {
      "Makes a direction of examples: the mean difference of h between images with and without an attribute.",
      "Pictures are paired by file name, or by a table, and inverted first; seeds are paired by position.",
      "Progress is saved beside --out: the same command again goes on where a killed one stopped."
    },
    footer = {
      "",
      "Example: hspace examples --positive smiling/ --negative neutral/ --steps 50 --name smile --out smile.safetensors",
      "         hspace examples --positive-seeds 3,8,12 --negative-seeds 1,5,9 --steps 10 --name hat --out hat.safetensors"
    })
final class ExamplesCommand extends HspaceCommand {
  @Option(
      names = "--positive",
      paramLabel = "DIR",
      order = 1,
      description = "Pictures with the attribute.")
  @Reads
  private Path positive;

  @Option(
      names = "--negative",
      paramLabel = "DIR",
      order = 2,
      description = "Pictures of the same names without it.")
  @Reads
  private Path negative;

  @Option(
      names = "--pairs",
      paramLabel = "FILE",
      order = 3,
      description =
          "Instead of folders, a table positive,negative with a pair a line; paths are relative to it.")
  @Reads
  private Path pairs;

  @Option(
      names = "--positive-seeds",
      paramLabel = "SEEDS",
      order = 4,
      description = "Seeds with the attribute.")
  private Seeds positiveSeeds;

  @Option(
      names = "--negative-seeds",
      paramLabel = "SEEDS",
      order = 5,
      description = "As many seeds without it.")
  private Seeds negativeSeeds;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      required = true,
      order = 6,
      description = "What the direction is called.")
  private DirectionName name;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      order = 7,
      description =
          "Write the direction as safetensors; its x_T is the mean difference of the starts.")
  @Writes(value = Writes.As.TENSORS, beside = Checkpoint.SUFFIX)
  private Path out;

  @Option(
      names = "--refine",
      paramLabel = "N",
      defaultValue = "0",
      order = 8,
      description =
          "Fixed-point iterations of each DDIM inversion step (default: ${DEFAULT-VALUE}).")
  private int refine;

  @Mixin private FitMixin fit;
  @Mixin private CheckpointMixin resume;
  @Mixin private SamplingMixin lattice;
  @Mixin private OutputTypeMixin type;
  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() throws IOException {
    boolean folders = positive != null || negative != null;
    boolean seeds = positiveSeeds != null || negativeSeeds != null;
    if ((folders ? 1 : 0) + (seeds ? 1 : 0) + (pairs != null ? 1 : 0) != 1
        || folders && (positive == null || negative == null)
        || seeds && (positiveSeeds == null || negativeSeeds == null)) {
      throw new HspaceException(
          "expected --positive with --negative, or --pairs, or --positive-seeds with --negative-seeds");
    }
    List<ImagePair> pictures =
        seeds ? List.of() : folders ? ImagePair.match(positive, negative) : ImagePair.table(pairs);
    if (seeds) ExampleDirections.checkPairs(positiveSeeds.values(), negativeSeeds.values());
    Path checkpoint = Checkpoint.beside(out);
    resume.begin(checkpoint, console());
    ExampleOptions options =
        new ExampleOptions(name.text(), Math.max(1, lattice.batch() / 2), checkpoint);
    loadLibraries();
    try (Model model = modelOptions.openToSample(lattice.clip() || !seeds, console());
        DirectionSet found =
            seeds ? ofSeeds(model, options) : ofPictures(model, pictures, options)) {
      type.save(found, out);
      Files.deleteIfExists(checkpoint);
      console().say("wrote " + out);
      Map<String, Object> facts = found.provenance().details();
      out()
          .printf(
              Locale.ROOT,
              ((Number) facts.get("pairs")).longValue() == 1
                  ? "%s: %s pair, which says nothing of how pairs scatter%n"
                  : "%s: %s pairs; they scatter around their mean by %.2f times its norm in h-space, %.2f times in x_T%n",
              name.text(),
              facts.get("pairs"),
              facts.get("spread"),
              facts.get("x_T_spread"));
      Map<String, Object> figures = new LinkedHashMap<>();
      for (String key : List.of("pairs", "spread", "x_T_spread")) figures.put(key, facts.get(key));
      json.write(figures);
    }
  }

  private DirectionSet ofSeeds(Model model, ExampleOptions options) {
    SamplingOptions sampling =
        lattice.sampling(EtaSchedule.DDPM).withConditioning(lattice.conditioning(model, console()));
    return new ExampleDirections(model)
        .ofSeeds(
            positiveSeeds.values(),
            negativeSeeds.values(),
            sampling,
            options,
            console().progress("examples"));
  }

  private DirectionSet ofPictures(Model model, List<ImagePair> pictures, ExampleOptions options) {
    InversionOptions inversion =
        lattice
            .inversion(EtaSchedule.DDIM)
            .withRefine(refine)
            .withConditioning(lattice.conditioning(model, console()));
    return new ExampleDirections(model)
        .ofImages(pictures, fit.value(), inversion, options, console().progress("examples"));
  }
}
