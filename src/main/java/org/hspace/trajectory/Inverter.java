package org.hspace.trajectory;

import static org.bytedeco.pytorch.global.torch.zeros_like;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.Lattice;
import org.hspace.schedule.NoiseSchedule;

/**
 * Finds the start and the noise from which sampling returns a given image, on the lattice that
 * sampling uses.
 *
 * <p>η = 0: DDIM inversion. Each step asks for the x_t from which the DDIM step ends at the known
 * x_p, an implicit equation. One evaluation of ε at x_p is the usual first-order answer; {@link
 * FixedPoint} iterates from there.
 *
 * <p>η > 0: edit-friendly DDPM inversion (Huberman-Spiegelglas et al. 2024). The x_t of noisy steps
 * are drawn independently from x_0, then z_t is solved for at each step from where the previous
 * ones really ended, so that errors do not add up. A step with σ_t = 0 cannot be corrected by
 * noise: z_t = 0 there, and its x_t is solved for as in DDIM inversion. The last step is such a
 * step wherever the final ᾱ is 1.
 */
public final class Inverter {
  /**
   * Least number of iterations for the noiseless steps of a DDPM inversion, whose exactness hangs
   * on them.
   */
  private static final int DDPM_ITERATIONS = 50;

  private final Model model;
  private final Sampler sampler;

  /** An inverter for the given model, which it does not own. */
  public Inverter(Model model) {
    this.model = model;
    this.sampler = new Sampler(model);
  }

  /**
   * Inverts images and decodes them again.
   *
   * @param images x_0 (N, C, H, W), values in [-1, 1]; latents for a latent model
   * @param sources where the images come from (N)
   * @return to be closed by the caller
   * @throws HspaceException when the images have another shape than the model's samples
   */
  public Inversion invert(
      Tensor images, List<ImageSource> sources, InversionOptions options, Progress progress) {
    checkShape(images, sources.size());
    Lattice lattice = NoiseSchedule.of(model.schedulerConfig()).lattice(options.steps());
    double[] eta = options.eta().values(options.steps());
    boolean stochastic = lattice.addsNoise(eta);
    String method = stochastic ? "ddpm" : "ddim";
    int n = sources.size();
    Provenance provenance =
        Provenance.ofImages(model, lattice.steps(), eta, options.hSpace(), sources, method);
    RowSteps counter = new RowSteps(progress, (long) n * lattice.steps() * (stochastic ? 3 : 2));
    double[] residual = new double[n];
    try (TrajectoryCollector all = new TrajectoryCollector(n, provenance)) {
      Denoiser denoiser = new Denoiser(model, lattice, eta, options.hSpace(), null);
      for (int first = 0; first < n; first += options.batch()) {
        int count = Math.min(options.batch(), n - first);
        Runnable tick = counter.of(count);
        try (PointerScope scope = new PointerScope()) {
          Tensor x0 = denoiser.state(images.narrow(0, first, count));
          Path path = new Path(denoiser, x0, residual, first, tick);
          Tensor noise = stochastic ? inversionNoise(options, lattice, first, count) : null;
          path.climb(noise, options);
          Tensor z = stochastic ? path.solveNoise(noise) : null;
          Tensor xT = path.start().cpu();
          try (Trajectory part =
              sampler.replay(xT, z, lattice, provenance, options.recordH(), tick)) {
            all.append(part);
          }
        }
      }
      Trajectory trajectory = all.trajectory();
      boolean solved = stochastic || options.refine() > 0;
      return new Inversion(
          trajectory,
          psnr(images, trajectory.x0()),
          solved ? residual : relativeErrors(images, trajectory.x0()));
    }
  }

  private void checkShape(Tensor images, int sources) {
    int[] sample = model.sampleShape();
    boolean fits =
        images.dim() == 4
            && images.size(0) == sources
            && images.size(1) == sample[0]
            && images.size(2) == sample[1]
            && images.size(3) == sample[2];
    if (sources == 0 || !fits) {
      throw new HspaceException(
          String.format(
              "images: expected %d of shape %d x %d x %d (channels, height, width), found shape %s",
              sources, sample[0], sample[1], sample[2], Arrays.toString(Tensors.shape(images))));
    }
  }

  /** Noise of independently drawn x_t (B, T, C, H, W), that of image i from seed + i. */
  private Tensor inversionNoise(InversionOptions options, Lattice lattice, int first, int count) {
    Noise noise = new Noise(false);
    List<Tensor> rows = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      rows.add(noise.inversion(options.seed() + i, lattice.steps(), model.sampleShape()));
    }
    return Tensors.stack(rows).to(model.options().dtype().stateType());
  }

  /** One batch's way up the lattice, from x_0 to x_T. */
  private static final class Path {
    private final Denoiser denoiser;
    private final Tensor[]
        points; // (B, C, H, W) each: points[i] is x at the start of step i, the last is x_0
    private final double[] residual;
    private final int first;
    private final Runnable tick;

    Path(Denoiser denoiser, Tensor x0, double[] residual, int first, Runnable tick) {
      this.denoiser = denoiser;
      this.points = new Tensor[denoiser.steps() + 1];
      this.points[denoiser.steps()] = x0;
      this.residual = residual;
      this.first = first;
      this.tick = tick;
    }

    /**
     * Sets all points, last first: drawn from x_0 where a step adds noise, solved for where it does
     * not.
     */
    void climb(Tensor noise, InversionOptions options) {
      int iterations =
          noise == null ? options.refine() : Math.max(options.refine(), DDPM_ITERATIONS);
      Tensor x0 = points[denoiser.steps()];
      for (int i = denoiser.steps() - 1; i >= 0; i--) {
        int step = i;
        if (denoiser.step(i).sigma() > 0) {
          points[i] =
              Tensors.scoped(
                  () -> denoiser.step(step).diffuse(x0, denoiser.state(noise.select(1, step))));
        } else if (iterations == 0) {
          points[i] = FixedPoint.firstOrder(denoiser, i, points[i + 1]);
        } else {
          FixedPoint solution =
              FixedPoint.solve(denoiser, i, points[i + 1], iterations, options.tolerance());
          points[i] = solution.x();
          for (int row = 0; row < solution.residual().length; row++) {
            residual[first + row] = Math.max(residual[first + row], solution.residual()[row]);
          }
        }
        tick.run();
      }
    }

    /**
     * Walks down from x_T and finds, at each noisy step, the z that leads to the next point.
     * Returns z (B, T, C, H, W).
     */
    Tensor solveNoise(Tensor like) {
      Tensor z = zeros_like(like);
      Tensor x = points[0];
      for (int i = 0; i < denoiser.steps(); i++) {
        Tensor from = x;
        int step = i;
        x =
            Tensors.scoped(
                () -> {
                  Tensor mean = denoiser.mean(step, from);
                  double sigma = denoiser.step(step).sigma();
                  if (sigma == 0) return mean;
                  Tensor solved = Tensors.times(points[step + 1].sub(mean), 1 / sigma);
                  z.select(1, step).copy_(solved);
                  return Tensors.plus(mean, solved, sigma);
                });
        tick.run();
      }
      return z;
    }

    Tensor start() {
      return points[0];
    }
  }

  /** {@code ‖found - expected‖ / ‖expected‖} of each row of (N, C, H, W). */
  private static double[] relativeErrors(Tensor expected, Tensor found) {
    try (PointerScope scope = new PointerScope()) {
      Tensor exact = expected.cpu().to(ScalarType.Double).flatten(1, -1);
      Tensor error = found.cpu().to(ScalarType.Double).flatten(1, -1).sub(exact);
      return Tensors.doubles(error.square().sum(1).div(exact.square().sum(1)).sqrt());
    }
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
    try (PointerScope scope = new PointerScope()) {
      Tensor exact = expected.cpu().to(ScalarType.Double);
      Tensor difference = found.cpu().to(ScalarType.Double).sub(exact);
      double[] psnr = Tensors.doubles(difference.square().flatten(1, -1).mean(1));
      for (int i = 0; i < psnr.length; i++) psnr[i] = 10 * Math.log10(4 / psnr[i]);
      return psnr;
    }
  }
}
