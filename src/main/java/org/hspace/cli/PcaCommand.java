package org.hspace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hspace.HspaceException;
import org.hspace.app.Checkpoint;
import org.hspace.app.PcaReport;
import org.hspace.directions.Annotations;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.PcaOptions;
import org.hspace.directions.PcaRotation;
import org.hspace.directions.PcaScope;
import org.hspace.image.ImageFile;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
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
      "--rotate turns them until each varies by itself: the samples are then drawn twice. evaluate --label says what each goes with.",
      "Progress is saved beside --out every few minutes: the same command again goes on where a killed one stopped."
    },
    footer = {
      "",
      "Example: hspace pca --samples 500 --components 25 --steps 50 --eta 1 --out pca.safetensors",
      "         hspace pca --samples 3000 --components 20 --steps 10 --rotate ica --out ica.safetensors"
    })
final class PcaCommand extends Movable {
  @Option(
      names = "--samples",
      paramLabel = "N",
      order = 1,
      description =
          "Trajectories that are sampled (default: 500), or the first of --annotations (default: all).")
  private Integer samples;

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
  @Writes(value = Writes.As.TENSORS, beside = Checkpoint.SUFFIX)
  private Path out;

  @Option(
      names = "--scope",
      paramLabel = "SCOPE",
      order = 4,
      description =
          "One PCA for each timestep, or one of the whole trajectory: timestep or trajectory (default: timestep; rotated,"
              + " trajectory).")
  private PcaScope scope;

  @Option(
      names = "--rotate",
      paramLabel = "ROTATION",
      defaultValue = "none",
      order = 5,
      description =
          "Turn the components: none, ica (as independent as can be) or varimax (default: ${DEFAULT-VALUE}).")
  private PcaRotation rotation;

  @Option(
      names = "--restarts",
      paramLabel = "N",
      order = 5,
      description =
          "Starts of a rotation, of which the best counts, and halvings of the samples that say how stable each"
              + " component is (default: 10).")
  private Integer restarts;

  @Option(
      names = "--first-seed",
      paramLabel = "SEED",
      defaultValue = "0",
      order = 5,
      description = "Seeds are SEED to SEED + N - 1 (default: ${DEFAULT-VALUE}).")
  private long firstSeed;

  @Option(
      names = "--annotations",
      paramLabel = "FILE",
      order = 6,
      description =
          "Take the samples that hspace annotate kept in this table, and sample none; their scores play no part.")
  @Reads
  private Path annotations;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      order = 6,
      description = "Draw the variance explained, and the stability, as PNG.")
  @Writes(Writes.As.PICTURE)
  private Path plot;

  @Option(
      names = "--save-every",
      paramLabel = "MINUTES",
      defaultValue = "5",
      order = 9,
      description =
          "Time between two saves of the progress; longer where saving takes long, a twentieth of the time at most"
              + " (default: ${DEFAULT-VALUE}; 0: after every batch).")
  private double saveEvery;

  @Mixin private CheckpointMixin resume;
  @Mixin private DryRunMixin dryRun;
  @Mixin private SamplingMixin lattice;
  @Mixin private OutputTypeMixin type;
  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() throws IOException {
    Path checkpoint = Checkpoint.beside(out);
    if (annotations != null)
      refuse(
          List.of(
              "--first-seed",
              "--save-every",
              "--steps",
              "--eta",
              "--h-space",
              "--clip",
              "--dry-run",
              "--noise",
              "--reference-seeds",
              "--prompt",
              "--negative-prompt",
              "--guidance",
              "--class"),
          "--annotations");
    PcaOptions options = options(checkpoint);
    if (annotations == null && !dryRun.asked()) resume.begin(checkpoint, console());
    loadLibraries();
    long begun = System.nanoTime();
    try (Model model = modelOptions.openToSample(lattice.clip(), console())) {
      if (annotations == null) {
        options =
            options.withSampling(
                options.sampling().withConditioning(lattice.conditioning(model, console())));
        long images = (long) options.passes() * options.samples();
        if (dryRun.instead(model, options.sampling(), images, out(), json)) return;
      }
      find(model, options, checkpoint, begun);
    }
  }

  private void find(Model model, PcaOptions options, Path checkpoint, long begun)
      throws IOException {
    try (DirectionSet directions =
        annotations == null ? discover(model, options, checkpoint) : ofKept(model, options)) {
      type.save(directions, out);
      Files.deleteIfExists(checkpoint);
      console().say("wrote " + out);
      PcaReport report = new PcaReport(directions, options.scope());
      out().print(report.text());
      if (plot != null) ImageFile.write(plot, report.plot(), made(model));
      json.write(figures(directions, report, (System.nanoTime() - begun) / 1e9));
    }
  }

  private PcaOptions options(Path checkpoint) {
    SamplingOptions sampling = lattice.sampling(EtaSchedule.DDPM);
    boolean rotated = rotation != PcaRotation.NONE;
    if (!rotated) refuseWithout(List.of("--restarts"), "--rotate");
    return new PcaOptions(
        samples == null ? PcaOptions.DEFAULT.samples() : samples,
        firstSeed,
        components,
        PcaOptions.DEFAULT.oversampling(),
        scope != null ? scope : rotated ? PcaScope.TRAJECTORY : PcaScope.TIMESTEP,
        rotation,
        restarts == null ? PcaOptions.DEFAULT.restarts() : restarts,
        sampling,
        checkpoint,
        saveEvery());
  }

  private Duration saveEvery() {
    if (!(saveEvery >= 0 && saveEvery <= 1e6))
      throw new HspaceException("--save-every: expected 0 to 1000000, found " + saveEvery);
    return Duration.ofMillis(Math.round(saveEvery * 60_000));
  }

  private DirectionSet discover(Model model, PcaOptions options, Path checkpoint) {
    try {
      Progress progress = console().progress("pca");
      return new GlobalPca(model).run(options, place().pca(model, options, progress), progress);
    } catch (HspaceException e) {
      if (e.getMessage().startsWith(checkpoint.toString())) {
        throw new HspaceException(e.getMessage() + "; --no-resume starts over", e);
      }
      throw e;
    }
  }

  private DirectionSet ofKept(Model model, PcaOptions options) {
    Annotations kept = Annotations.open(annotations, model);
    return new GlobalPca(model)
        .run(
            kept,
            samples == null ? options.withSamples(kept.size()) : options,
            console().progress("pca"));
  }

  private Map<String, Object> figures(DirectionSet directions, PcaReport report, double seconds) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("samples", directions.provenance().details().get("samples"));
    figures.put("steps", directions.provenance().steps());
    figures.put("rotation", rotation.id());
    figures.putAll(report.figures());
    figures.put("seconds", seconds);
    return figures;
  }
}
