package org.hspace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hspace.HspaceException;
import org.hspace.app.PcaReport;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.PcaOptions;
import org.hspace.directions.PcaScope;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.SamplingOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hspace pca}: global directions, the principal components of h. */
@Command(
    name = "pca",
    sortOptions = false,
    description = {
      "Finds global directions: the principal components of h over many samples, in units of their standard deviation.",
      "Progress is saved beside --out now and then: the same command again goes on where a killed one stopped."
    },
    footer = {
      "",
      "Example: hspace pca --samples 500 --components 25 --steps 50 --eta 1 --out pca.safetensors"
    })
final class PcaCommand extends HspaceCommand {
  private static final int CHECKPOINT_EVERY = 2;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "500",
      order = 1,
      description = "Trajectories that are sampled (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--components",
      paramLabel = "K",
      defaultValue = "25",
      order = 2,
      description = "Directions that are kept (default: ${DEFAULT-VALUE}).")
  private int components;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      order = 3,
      description = "Write the directions as safetensors.")
  @Writes(value = Writes.As.TENSORS, beside = CheckpointMixin.SUFFIX)
  private Path out;

  @Option(
      names = "--scope",
      paramLabel = "SCOPE",
      defaultValue = "timestep",
      order = 4,
      description =
          "One PCA for each timestep, or one of the whole trajectory: timestep or trajectory (default: ${DEFAULT-VALUE}).")
  private PcaScope scope;

  @Option(
      names = "--first-seed",
      paramLabel = "SEED",
      defaultValue = "0",
      order = 5,
      description = "Seeds are SEED to SEED + N - 1 (default: ${DEFAULT-VALUE}).")
  private long firstSeed;

  @Mixin private CheckpointMixin resume;
  @Mixin private SamplingMixin lattice;
  @Mixin private OutputTypeMixin type;
  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() throws IOException {
    Path checkpoint = CheckpointMixin.beside(out);
    PcaOptions options = options(checkpoint);
    resume.begin(checkpoint, console());
    loadLibraries();
    long begun = System.nanoTime();
    try (Model model = modelOptions.openToSample(lattice.clip(), console());
        DirectionSet directions =
            discover(
                model,
                options.withSampling(
                    options.sampling().withConditioning(lattice.conditioning(model, console()))),
                checkpoint)) {
      type.save(directions, out);
      Files.deleteIfExists(checkpoint);
      console().say("wrote " + out);
      PcaReport report = new PcaReport(directions, scope);
      out().print(report.text());
      json.write(figures(report, (System.nanoTime() - begun) / 1e9));
    }
  }

  private PcaOptions options(Path checkpoint) {
    SamplingOptions sampling = lattice.sampling(EtaSchedule.DDPM);
    return new PcaOptions(
        samples,
        firstSeed,
        components,
        PcaOptions.DEFAULT.oversampling(),
        scope,
        sampling,
        checkpoint,
        CHECKPOINT_EVERY);
  }

  private DirectionSet discover(Model model, PcaOptions options, Path checkpoint) {
    try {
      return new GlobalPca(model).run(options, console().progress("pca"));
    } catch (HspaceException e) {
      if (e.getMessage().startsWith(checkpoint.toString())) {
        throw new HspaceException(e.getMessage() + "; --no-resume starts over", e);
      }
      throw e;
    }
  }

  private Map<String, Object> figures(PcaReport report, double seconds) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("samples", samples);
    figures.put("steps", lattice.steps());
    figures.putAll(report.figures());
    figures.put("seconds", seconds);
    return figures;
  }
}
