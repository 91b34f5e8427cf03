package org.hspace.cli.demo;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.hspace.directions.DirectionSet;
import org.hspace.model.Model;
import org.hspace.nativelib.NativeResource;
import org.hspace.trajectory.Progress;
import org.hspace.trajectory.SamplingOptions;

/** What the panels share: the model, where files go, and what earlier panels found. */
public final class DemoContext extends NativeResource {
  private final Model model;
  private final Path folder;
  private final SamplingOptions sampling;
  private final Function<String, Progress> progress;
  private final Map<String, Object> figures = new LinkedHashMap<>();
  private DirectionSet components;

  /**
   * A context.
   *
   * @param model not owned
   * @param folder exists
   * @param sampling T, η, h-space and batch of everything that is sampled
   * @param progress gives each stage of the work its progress display
   */
  public DemoContext(
      Model model, Path folder, SamplingOptions sampling, Function<String, Progress> progress) {
    this.model = model;
    this.folder = folder;
    this.sampling = sampling;
    this.progress = progress;
  }

  /** The model. */
  public Model model() {
    return model;
  }

  /** Where files go. */
  public Path folder() {
    return folder;
  }

  /** How trajectories are sampled. */
  public SamplingOptions sampling() {
    return sampling;
  }

  /** Progress of a stage. */
  public Progress progress(String stage) {
    return progress.apply(stage);
  }

  /** Figures in numbers, for {@code --json}. */
  public Map<String, Object> figures() {
    return figures;
  }

  /** Keeps the principal components for later panels; they are closed with this. */
  public void keep(DirectionSet found) {
    components = own(found);
  }

  /** The principal components that an earlier panel found. */
  public DirectionSet components() {
    checkOpen();
    if (components == null) {
      throw new IllegalStateException("no panel has found principal components yet");
    }
    return components;
  }
}
