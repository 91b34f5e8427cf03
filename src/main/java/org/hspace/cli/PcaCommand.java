package org.hspace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.hspace.directions.DirectionSet;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.PcaOptions;
import org.hspace.directions.PcaScope;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.EtaSchedule;
import org.hspace.trajectory.SamplingOptions;
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
  private static final int SHOWN = 10;

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
        DirectionSet directions = discover(model, options, checkpoint)) {
      type.save(directions, out);
      Files.deleteIfExists(checkpoint);
      console().say("wrote " + out);
      report(directions, (System.nanoTime() - begun) / 1e9);
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

  private void report(DirectionSet directions, double seconds) {
    double[][] ratio = rows(directions.figures().get("explained_variance_ratio")); // (T or 1, k)
    double[] mean = means(ratio);
    int shown = Math.min(SHOWN, mean.length);
    out()
        .println(
            scope == PcaScope.TRAJECTORY
                ? "share of the variance that each component explains:"
                : "share of the variance that each component explains, mean over the timesteps (least to most):");
    for (int k = 0; k < shown; k++) {
      int component = k;
      double[] all =
          IntStream.range(0, ratio.length).mapToDouble(t -> ratio[t][component]).sorted().toArray();
      String range =
          all.length == 1
              ? ""
              : String.format(
                  Locale.ROOT, "  (%.1f to %.1f)", 100 * all[0], 100 * all[all.length - 1]);
      out()
          .printf(
              Locale.ROOT, "  %-5s %5.1f %%%s%n", directions.names().get(k), 100 * mean[k], range);
    }
    double sum = IntStream.range(0, mean.length).mapToDouble(k -> mean[k]).sum();
    out().printf(Locale.ROOT, "  all %d together %.1f %%%n", mean.length, 100 * sum);
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("samples", samples);
    figures.put("steps", lattice.steps());
    figures.put("scope", scope.id());
    figures.put("timesteps", directions.timesteps());
    figures.put("names", directions.names());
    figures.put("explained_variance", list(rows(directions.figures().get("explained_variance"))));
    figures.put("explained_variance_ratio", list(ratio));
    figures.put("mean_explained_variance_ratio", mean);
    figures.put("seconds", seconds);
    json.write(figures);
  }

  /** Mean over the timesteps of each component's share. */
  static double[] means(double[][] ratio) {
    double[] mean = new double[ratio[0].length];
    for (double[] row : ratio) {
      for (int k = 0; k < mean.length; k++) {
        mean[k] += row[k] / ratio.length;
      }
    }
    return mean;
  }

  /** A matrix (rows, columns). */
  static double[][] rows(Tensor matrix) {
    double[] values = Tensors.doubles(matrix);
    int columns = (int) matrix.size(1);
    double[][] rows = new double[(int) matrix.size(0)][columns];
    for (int i = 0; i < values.length; i++) {
      rows[i / columns][i % columns] = values[i];
    }
    return rows;
  }

  private static List<double[]> list(double[][] rows) {
    return new ArrayList<>(List.of(rows));
  }
}
