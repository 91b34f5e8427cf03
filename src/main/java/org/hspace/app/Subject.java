package org.hspace.app;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.image.RgbImage;
import org.hspace.nativelib.NativeResource;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.ImageSource;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Inversion;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Inverter;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;

/**
 * One image that is edited again and again: a seed's, or an inverted picture's. It has two
 * trajectories, one of few steps to follow a hand that moves, and one of all steps to keep.
 */
public final class Subject extends NativeResource {
  /** Which of the trajectories. */
  public enum Quality {
    PREVIEW,
    FULL
  }

  private final Model model;
  private final Trajectory preview; // of one row, like full
  private final Trajectory full;
  private final double psnr;
  private final double unlikeness;

  private Subject(
      Model model, Trajectory preview, Trajectory full, double psnr, double unlikeness) {
    this.model = model;
    this.preview = own(preview);
    this.full = preview == full ? full : own(full);
    this.psnr = psnr;
    this.unlikeness = unlikeness;
  }

  /**
   * The image of a seed; nothing is computed. Fewer steps show the same image only where no noise
   * is added on the way, so with noise the preview has all steps.
   *
   * @param model not owned
   * @param options of all steps
   * @param few steps of the preview
   */
  public static Subject ofSeed(Model model, long seed, SamplingOptions options, int few) {
    long[] seeds = {seed};
    Sampler sampler = new Sampler(model);
    Trajectory full = sampler.draw(seeds, options);
    SamplingOptions quick = preview(options, few);
    Trajectory preview = quick == options ? full : sampler.draw(seeds, quick);
    return new Subject(model, preview, full, Double.NaN, Double.NaN);
  }

  /**
   * How seeds are sampled in a few steps; where noise is added on the way, or there are not more
   * steps anyway, in all of them.
   */
  public static SamplingOptions preview(SamplingOptions options, int few) {
    boolean noisy =
        Arrays.stream(options.eta().values(options.steps())).anyMatch(value -> value != 0);
    return noisy || few >= options.steps() ? options : options.withSteps(few);
  }

  /**
   * A picture, inverted on both lattices, so that both return it.
   *
   * @param model not owned
   * @param picture of the model's size
   * @param likeness says how well the model knows such pictures
   * @param options of all steps
   * @param few steps of the preview
   * @throws java.util.concurrent.CancellationException when the listener cancels
   */
  public static Subject ofPicture(
      Model model,
      RgbImage picture,
      ImageSource source,
      Likeness likeness,
      InversionOptions options,
      int few,
      Progress progress) {
    try (PointerScope scope = new PointerScope()) {
      Tensor pixels = picture.toTensor(model.pictureShape()[0]); // (1, C, H, W)
      Tensor x0 = model.samples(pixels);
      double unlikeness = likeness.of(x0, progress)[0];
      Inverter inverter = new Inverter(model);
      List<ImageSource> sources = List.of(source);
      Inversion full = inverter.invert(x0, sources, options, progress);
      try {
        double psnr = Inverter.psnr(pixels, model.pictures(full.trajectory().x0()))[0];
        Trajectory quick =
            few >= options.steps()
                ? full.trajectory()
                : inverter.invert(x0, sources, options.withSteps(few), progress).trajectory();
        return new Subject(model, quick, full.trajectory(), psnr, unlikeness);
      } catch (RuntimeException | Error e) {
        full.close();
        throw e;
      }
    }
  }

  /** The trajectory of that many steps, of one row. */
  public Trajectory trajectory(Quality quality) {
    return use(() -> quality == Quality.PREVIEW ? preview : full);
  }

  /**
   * How exactly a picture comes back when it is inverted and decoded again, in dB; infinite where
   * it is the same, not a number of a seed.
   */
  public double psnr() {
    return psnr;
  }

  /**
   * How many times as badly as its own samples the model denoises the picture, see {@link
   * Likeness}; not a number of a seed.
   */
  public double unlikeness() {
    return unlikeness;
  }

  /** About how much memory it takes, in bytes. */
  public long bytes() {
    long sample = Arrays.stream(model.sampleShape()).asLongStream().reduce(1, (a, b) -> a * b);
    return use(() -> 4 * sample * (4L + preview.steps() + full.steps())); // z of each step
  }

  /**
   * The image under each of some edits.
   *
   * @param edits at least one
   * @return as many pictures
   * @throws java.util.concurrent.CancellationException when the listener cancels
   */
  public List<RgbImage> edited(
      List<Edit> edits, EditOptions options, Quality quality, Progress progress) {
    return use(
        () -> {
          try (Images images =
              new EditGrid(model).run(trajectory(quality), edits, options, progress)) {
            return images.pictures();
          }
        });
  }
}
