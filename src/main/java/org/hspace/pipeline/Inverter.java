package org.hspace.pipeline;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;

/**
 * Finds the start and the noise from which sampling returns a given image, on the lattice that
 * sampling uses.
 *
 * <p>η = 0: DDIM inversion. Each step asks for the x_t from which the DDIM step ends at the known
 * x_p, an implicit equation, which is solved by fixed-point iteration from the usual first-order
 * answer.
 *
 * <p>η > 0: edit-friendly DDPM inversion (Huberman-Spiegelglas et al. 2024). The x_t of noisy steps
 * are drawn independently from x_0, then z_t is solved for at each step from where the previous
 * ones really ended, so that errors do not add up. Noiseless steps are solved as in DDIM inversion.
 */
public final class Inverter {
  private final Model model;

  /** An inverter for the given model, which it does not own. */
  public Inverter(Model model) {
    this.model = model;
  }

  /**
   * Inverts images and decodes them again.
   *
   * @param images x_0 (N, C, H, W), values in [-1, 1]; latents for a latent model
   * @param sources where the images come from (N)
   * @return to be closed by the caller
   * @throws HspaceException when the images have another shape than the model's samples
   * @throws java.util.concurrent.CancellationException when the listener {@linkplain
   *     Progress#cancelled cancels}
   */
  public Inversion invert(
      Tensor images, List<ImageSource> sources, InversionOptions options, Progress progress) {
    return NativeProgress.during(
        progress,
        heard ->
            model.use(
                () ->
                    NativeCall.scoped(
                        () ->
                            inversion(
                                HspaceNative.invert(
                                    model.handle(),
                                    images,
                                    ImageSource.toNative(sources),
                                    options.toNative(),
                                    heard)))));
  }

  private static Inversion inversion(HspaceNative.Inversion found) {
    return new Inversion(
        new Trajectory(() -> new HspaceNative.Trajectory(found.trajectory())),
        found.psnr().get(),
        found.residual().get());
  }

  /**
   * How badly the model takes a little noise off given samples: the root mean square of P_t - x_0
   * at a fifth of the training timesteps. Of pictures that are unlike what it was trained on, or
   * not placed as those were, it is larger than of its own samples.
   *
   * @param samples x_0 (N, C, H, W)
   * @return one value a sample
   */
  public double[] denoisingErrors(Tensor samples, Conditioning conditioning) {
    return model.use(
        () ->
            NativeCall.scoped(
                () ->
                    HspaceNative.denoisingErrors(
                            model.handle(), samples, conditioning.toNative(), 0)
                        .get()));
  }

  /**
   * Peak signal-to-noise ratio of images with values in [-1, 1], in dB: 10 log10(4 / mean squared
   * error).
   *
   * @param expected (N, C, H, W)
   * @param found (N, C, H, W)
   * @return one value an image; infinite where they are equal
   */
  public static double[] psnr(Tensor expected, Tensor found) {
    return NativeCall.scoped(() -> HspaceNative.psnr(expected, found).get());
  }
}
