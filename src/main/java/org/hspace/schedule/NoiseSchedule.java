package org.hspace.schedule;

import static org.bytedeco.pytorch.global.torch.cumprod;
import static org.bytedeco.pytorch.global.torch.linspace;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.model.SchedulerConfig;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.Tensors;

/**
 * The cumulative products ᾱ_t of a diffusion model, and the lattices of timesteps cut from them.
 *
 * <p>The β and ᾱ are formed in single precision by the same LibTorch operators as diffusers'
 * DDIMScheduler uses, so that they are equal to its values; everything after is in double
 * precision. Predictions are never clipped, whatever {@code clip_sample} says.
 */
public final class NoiseSchedule {
  private final SchedulerConfig config;
  private final double[] alphaBar; // (N)

  private NoiseSchedule(SchedulerConfig config, double[] alphaBar) {
    this.config = config;
    this.alphaBar = alphaBar;
  }

  /** The schedule that a {@code scheduler_config.json} describes. */
  public static NoiseSchedule of(SchedulerConfig config) {
    NativeLibrary.load();
    try (PointerScope scope = new PointerScope()) {
      Tensor betas = betas(config); // (N)
      if (config.rescaleBetasZeroSnr()) betas = rescaled(betas);
      return new NoiseSchedule(config, Tensors.doubles(cumprod(oneMinus(betas), 0)));
    }
  }

  private static Tensor betas(SchedulerConfig config) {
    int n = config.numTrainTimesteps();
    if (config.trainedBetas() != null) {
      double[] trained = config.trainedBetas().stream().mapToDouble(Double::doubleValue).toArray();
      return Tensors.of(trained, n).to(ScalarType.Float);
    }
    double start = config.betaStart();
    double end = config.betaEnd();
    return switch (config.betaSchedule()) {
      case "linear" -> line(start, end, n);
      case "scaled_linear" -> line(Math.sqrt(start), Math.sqrt(end), n).square();
      case "squaredcos_cap_v2" -> Tensors.of(cosineBetas(n), n).to(ScalarType.Float);
      default ->
          throw new HspaceException(
              "beta_schedule: expected linear, scaled_linear or squaredcos_cap_v2, found "
                  + config.betaSchedule());
    };
  }

  private static Tensor line(double start, double end, int n) {
    return linspace(new Scalar(start), new Scalar(end), n, Tensors.options(ScalarType.Float));
  }

  /**
   * β_i = min(1 - f((i+1)/N)/f(i/N), 0.999) with f(s) = cos²((s + 0.008)/1.008 · π/2): Nichol and
   * Dhariwal 2021, Eq 17.
   */
  private static double[] cosineBetas(int n) {
    double[] betas = new double[n];
    for (int i = 0; i < n; i++) {
      betas[i] = Math.min(1 - cosine((i + 1.0) / n) / cosine((double) i / n), 0.999);
    }
    return betas;
  }

  private static double cosine(double s) {
    return Math.pow(Math.cos((s + 0.008) / 1.008 * Math.PI / 2), 2);
  }

  /**
   * The β shifted and scaled so that √ᾱ of the last timestep is 0 and of the first unchanged: Lin
   * et al. 2023, Algorithm 1.
   */
  private static Tensor rescaled(Tensor betas) {
    long n = betas.size(0);
    Tensor root = cumprod(oneMinus(betas), 0).sqrt(); // √ᾱ (N)
    Tensor first = root.narrow(0, 0, 1).clone();
    Tensor last = root.narrow(0, n - 1, 1).clone();
    root = root.sub(last).mul(first.div(first.sub(last)));
    Tensor alphaBar = root.square();
    Tensor ratios = alphaBar.narrow(0, 1, n - 1).div(alphaBar.narrow(0, 0, n - 1));
    return oneMinus(Tensors.cat(List.of(alphaBar.narrow(0, 0, 1), ratios), 0));
  }

  private static Tensor oneMinus(Tensor t) {
    return t.neg().add(new Scalar(1.0));
  }

  /** Number of training timesteps N. */
  public int trainTimesteps() {
    return alphaBar.length;
  }

  /** ᾱ_t for a training timestep from 0 to N - 1. */
  public double alphaBar(int timestep) {
    return alphaBar[timestep];
  }

  /** ᾱ at the end of the last step: 1 or ᾱ_0, as {@code set_alpha_to_one} says. */
  public double finalAlphaBar() {
    return config.setAlphaToOne() ? 1 : alphaBar[0];
  }

  /** What the network predicts. */
  public PredictionType predictionType() {
    return PredictionType.valueOf(config.predictionType().toUpperCase(Locale.ROOT));
  }

  /**
   * The T timesteps of DDIMScheduler.set_timesteps for the configuration's spacing.
   *
   * @param steps T, from 1 to N
   * @throws HspaceException when T is out of range, or when the offset pushes a timestep out of the
   *     training range
   */
  public Lattice lattice(int steps) {
    if (steps < 1 || steps > alphaBar.length) {
      throw new HspaceException("steps: expected 1 to " + alphaBar.length + ", found " + steps);
    }
    return lattice(timesteps(steps));
  }

  /**
   * A lattice of the given timesteps.
   *
   * @param timesteps descending training timesteps
   */
  public Lattice lattice(int[] timesteps) {
    int steps = timesteps.length;
    if (steps == 0) throw new HspaceException("timesteps: expected at least one, found none");
    for (int i = 0; i < steps; i++) {
      boolean descending = i == 0 || timesteps[i] < timesteps[i - 1];
      if (timesteps[i] < 0 || timesteps[i] >= alphaBar.length || !descending) {
        throw new HspaceException(
            "timesteps: expected values from "
                + (alphaBar.length - 1)
                + " down to 0, found "
                + timesteps[i]
                + " at step "
                + i);
      }
    }
    double[] start = IntStream.of(timesteps).mapToDouble(t -> alphaBar[t]).toArray();
    double[] end = new double[steps];
    System.arraycopy(start, 1, end, 0, steps - 1);
    end[steps - 1] = finalAlphaBar();
    return new Lattice(timesteps, start, end);
  }

  private int[] timesteps(int steps) {
    int n = alphaBar.length;
    int[] timesteps = new int[steps];
    switch (config.timestepSpacing()) {
      case "leading" -> {
        for (int i = 0; i < steps; i++) {
          timesteps[steps - 1 - i] = i * (n / steps) + config.stepsOffset();
        }
      }
      case "trailing" -> {
        double ratio = (double) n / steps;
        for (int i = 0; i < steps; i++) timesteps[i] = (int) Math.rint(n - i * ratio) - 1;
      }
      case "linspace" -> {
        double ratio = steps == 1 ? 0 : (n - 1.0) / (steps - 1);
        for (int i = 0; i < steps; i++) timesteps[steps - 1 - i] = (int) Math.rint(i * ratio);
      }
      default ->
          throw new HspaceException(
              "timestep_spacing: expected leading, trailing or linspace, found "
                  + config.timestepSpacing());
    }
    return timesteps;
  }
}
