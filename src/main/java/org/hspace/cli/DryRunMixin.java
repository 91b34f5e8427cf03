package org.hspace.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import picocli.CommandLine.Option;

/** {@code --dry-run}: how long the work would take, instead of the work. */
final class DryRunMixin {
  @Option(
      names = "--dry-run",
      order = 71,
      description =
          "Say how long it would take, from one step that is measured, and write no output but --json's.")
  private boolean asked;

  /** Whether the user only wants to know. */
  boolean asked() {
    return asked;
  }

  /**
   * Estimates, if asked to.
   *
   * @param sampling how the images are made
   * @param images that go through all steps, edited ones among them
   * @return whether that was all that the user wants
   */
  boolean instead(
      Model model, SamplingOptions sampling, long images, PrintWriter out, JsonMixin json) {
    if (!asked) return false;
    int batch = (int) Math.min(sampling.batch(), images);
    SamplingOptions once = sampling.withSteps(1).withEta(EtaSchedule.DDIM);
    long[] seeds = LongStream.range(0, batch).toArray();
    Sampler sampler = new Sampler(model);
    sampler.sample(seeds, once, Progress.NONE).close(); // the first pass is slower
    long begun = System.nanoTime();
    sampler.sample(seeds, once, Progress.NONE).close();
    double step = (System.nanoTime() - begun) / 1e9;
    double seconds = step * sampling.steps() * Math.ceil((double) images / batch);
    out.printf(
        Locale.ROOT,
        "about %s: %d images, %d steps each, %.3f s a step of %d images; nothing was written%n",
        ProgressLine.clock(seconds),
        images,
        sampling.steps(),
        step,
        batch);
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("seconds", seconds);
    figures.put("images", images);
    figures.put("steps", sampling.steps());
    figures.put("step_seconds", step);
    figures.put("batch", batch);
    json.write(figures);
    return true;
  }
}
