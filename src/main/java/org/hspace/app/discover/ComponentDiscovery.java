package org.hspace.app.discover;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hspace.app.Checkpoint;
import org.hspace.app.PcaReport;
import org.hspace.app.SamplingWords;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.PcaOptions;
import org.hspace.directions.PcaRotation;
import org.hspace.directions.PcaScope;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.SamplingOptions;

/**
 * The principal components of h over samples, or independent ones.
 *
 * @param name of the file
 * @param samples that are drawn
 * @param components that are kept
 * @param rotation what is done to the components
 * @param sampling how samples are drawn
 */
public record ComponentDiscovery(
    String name, int samples, int components, PcaRotation rotation, SamplingOptions sampling)
    implements Discovery {
  private static final long LOOK_NANOS = 4_000_000_000L;

  /** Between two states, at which a listener looks; longer where saving takes long. */
  private static final Duration SAVE_EVERY = Duration.ofMillis(100);

  /** Checks the numbers. */
  public ComponentDiscovery {
    options(samples, components, rotation, sampling, null);
  }

  private static PcaOptions options(
      int samples, int components, PcaRotation rotation, SamplingOptions sampling, Path file) {
    return new PcaOptions(
        samples,
        PcaOptions.DEFAULT.firstSeed(),
        components,
        PcaOptions.DEFAULT.oversampling(),
        rotation == PcaRotation.NONE ? PcaScope.TIMESTEP : PcaScope.TRAJECTORY,
        rotation,
        PcaOptions.DEFAULT.restarts(),
        sampling,
        file,
        SAVE_EVERY);
  }

  /** The PCA's, with its checkpoint beside the file. */
  public PcaOptions options(Path folder) {
    return options(samples, components, rotation, sampling, Checkpoint.beside(file(folder)));
  }

  @Override
  public Found run(Model model, Path folder, Listener listener) {
    PcaOptions options = options(folder);
    GlobalPca pca = new GlobalPca(model);
    Progress progress = new Looking(pca, options, listener);
    try (DirectionSet found = pca.run(options, progress)) {
      Discovery.keep(found, file(folder));
      return new Found(figures(found, options), List.of());
    }
  }

  private static Map<String, Object> figures(DirectionSet found, PcaOptions options) {
    Map<String, Object> all = new PcaReport(found, options.scope()).figures();
    Map<String, Object> figures = new LinkedHashMap<>();
    for (String key : List.of("names", "mean_explained_variance_ratio", "stability"))
      if (all.containsKey(key)) figures.put(key, all.get(key));
    return figures;
  }

  @Override
  public List<List<String>> commands(Path folder) {
    List<String> words = new ArrayList<>(List.of("pca", "--samples", String.valueOf(samples)));
    words.addAll(List.of("--components", String.valueOf(components)));
    words.addAll(SamplingWords.of(sampling));
    if (rotation != PcaRotation.NONE) words.addAll(List.of("--rotate", rotation.id()));
    words.addAll(List.of("--out", file(folder).toString()));
    return List.of(words);
  }

  /** Shows the components of each checkpoint, though not more often than anybody would look. */
  private static final class Looking implements Progress {
    private final GlobalPca pca;
    private final PcaOptions options;
    private final Listener listener;
    private final Progress heard;
    private FileTime seen;
    private long looked = System.nanoTime() - LOOK_NANOS;

    Looking(GlobalPca pca, PcaOptions options, Listener listener) {
      this.pca = pca;
      this.options = options;
      this.listener = listener;
      this.heard = listener.stage("sampling");
    }

    @Override
    public void update(long done, long total, String unit) {
      heard.update(done, total, unit);
      long now = System.nanoTime();
      if (now - looked < LOOK_NANOS || done >= total) return;
      FileTime saved = saved();
      if (saved == null || saved.equals(seen)) return;
      Optional<DirectionSet> found = pca.soFar(options);
      if (found.isPresent()) {
        try (DirectionSet directions = found.get()) {
          listener.soFar(directions, figures(directions, options));
        }
      }
      seen = saved;
      looked = System.nanoTime();
    }

    private FileTime saved() {
      try {
        return Files.getLastModifiedTime(options.checkpoint());
      } catch (IOException e) {
        return null; // there is none yet
      }
    }

    @Override
    public boolean cancelled() {
      return heard.cancelled();
    }

    @Override
    public void warn(String message) {
      heard.warn(message);
    }
  }
}
