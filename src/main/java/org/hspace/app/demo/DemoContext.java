package org.hspace.app.demo;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.hspace.app.Seeds;
import org.hspace.image.RgbImage;
import org.hspace.nativelib.NativeResource;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;

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

  /** The option of commands that samples like this. */
  String steps() {
    return " --steps " + sampling.steps();
  }

  /** How edits are decoded. */
  public EditOptions editing() {
    return EditOptions.DEFAULT.withBatch(sampling.batch());
  }

  /** Progress of a stage. */
  public Progress progress(String stage) {
    return progress.apply(stage);
  }

  /**
   * Edits the images of seeds.
   *
   * @param edits S of them
   * @return the images, S for each seed, seed after seed
   */
  public List<RgbImage> edited(long[] seeds, List<Edit> edits, String stage) {
    try (Trajectory trajectory = new Sampler(model).draw(seeds, sampling);
        Images images =
            new EditGrid(model).run(trajectory, edits, editing(), progress(stage))) { // N·S
      return images.pictures();
    }
  }

  /** A caption for each seed's row. */
  static List<String> captions(long[] seeds) {
    return new Seeds(seeds).captions();
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
    if (components == null) {
      throw new IllegalStateException("no panel has found principal components yet");
    }
    return use(() -> components);
  }
}
