package org.hspace.trajectory;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.model.Bottleneck;
import org.hspace.model.Clipping;
import org.hspace.model.HSpace;
import org.hspace.model.Model;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.Lattice;
import org.hspace.schedule.PredictionType;

/**
 * One batch's way along a lattice, in the state's type from end to end: what enters the network or
 * leaves it keeps its precision, whatever type the network computes in.
 */
final class Denoiser {
  /** Receives what a step leaves behind; called inside the step's scope. */
  interface Recorder {
    /**
     * @param step 0 is the first step
     * @param h activation before injection (B, c, h, w), in the state's type, on the model's device
     */
    void record(int step, Tensor h);
  }

  private final Model model;
  private final Lattice lattice;
  private final double[] eta; // (T)
  private final HSpace hSpace;
  private final Step[] steps;
  private final ScalarType stateType;

  /**
   * @param clipping what is done to predictions; null for nothing
   */
  Denoiser(Model model, Lattice lattice, double[] eta, HSpace hSpace, Clipping clipping) {
    this.model = model;
    this.lattice = lattice;
    this.eta = eta;
    this.hSpace = hSpace;
    this.stateType = model.options().dtype().stateType();
    var prediction = PredictionType.parse(model.schedulerConfig().predictionType());
    this.steps = new Step[lattice.steps()];
    for (int i = 0; i < steps.length; i++)
      steps[i] = Step.of(lattice, i, eta[i], prediction, clipping);
  }

  int steps() {
    return steps.length;
  }

  Step step(int i) {
    return steps[i];
  }

  /** The tensor in the state's type on the model's device. */
  Tensor state(Tensor t) {
    return model.toDevice(t.to(stateType));
  }

  /**
   * All steps from x_T to x_0.
   *
   * @param start x_T (B, C, H, W)
   * @param z (B, T, C, H, W), or null where every σ is 0
   * @param first number of the batch's first row, for the injection
   * @param recorder null when nothing is to be kept
   * @param afterStep runs after each step
   * @return x_0 (B, C, H, W), state type, on the CPU
   */
  Tensor run(
      Tensor start,
      Tensor z,
      Injection injection,
      int first,
      Recorder recorder,
      Runnable afterStep) {
    Tensor x = Tensors.scoped(() -> state(start));
    for (int i = 0; i < steps.length; i++) {
      Tensor from = x;
      x = next(i, from, z, injection, first, recorder);
      from.close();
      afterStep.run();
    }
    Tensor end = x;
    Tensor result = Tensors.scoped(() -> end.cpu().clone());
    end.close();
    return result;
  }

  /**
   * Step i alone, from x_t to x_p.
   *
   * @param x x_t (B, C, H, W), state type, on the model's device
   * @return x_p, like it
   * @throws HspaceException when it is not finite, naming the step and what may help
   */
  Tensor next(int i, Tensor x, Tensor z, Injection injection, int first, Recorder recorder) {
    return Tensors.scoped(
        () -> {
          Tensor mean = unchecked(i, x, injection, first, recorder);
          double sigma = steps[i].sigma();
          Tensor next = sigma == 0 ? mean : Tensors.plus(mean, state(z.select(1, i)), sigma);
          return finite(i, x, next, injection);
        });
  }

  /** x_p without σ_t z_t, for step i from x_t (B, C, H, W); finite like that of {@link #next}. */
  Tensor mean(int i, Tensor x) {
    return finite(i, x, unchecked(i, x, Injection.NONE, 0, null), Injection.NONE);
  }

  private Tensor unchecked(int i, Tensor x, Injection injection, int first, Recorder recorder) {
    try (Bottleneck bottleneck = encode(i, x)) {
      if (recorder != null) recorder.record(i, bottleneck.h());
      Tensor delta = injection.deltaH(i, first, bottleneck.h());
      Tensor edited = decode(bottleneck, delta);
      boolean twice = delta != null && injection.asymmetric();
      return steps[i].mean(x, edited, twice ? decode(bottleneck, null) : edited);
    }
  }

  /**
   * ε (B, C, H, W) that the network sees in x at the timestep of step i. It is not finite where a
   * search for x has run away; {@link #finite} is for those who need it to be.
   */
  Tensor noise(int i, Tensor x) {
    try (Bottleneck bottleneck = encode(i, x)) {
      return steps[i].noise(x, decode(bottleneck, null));
    }
  }

  /**
   * Passes on what step i made of x.
   *
   * @throws HspaceException when it is not finite, naming the step and what may help
   */
  Tensor finite(int i, Tensor x, Tensor result, Injection injection) {
    if (Finite.all(result)) return result;
    List<String> rows = new ArrayList<>();
    for (long row = 0; row < result.size(0); row++) {
      if (!Finite.all(result.select(0, row))) rows.add(Long.toString(row));
    }
    String advice =
        !Finite.all(x)
            ? "what the step begins with is not finite either"
            : injection != Injection.NONE
                ? "a smaller strength, or --dtype float64, may help"
                : "another --eta or number of steps, or --dtype float64, may help";
    throw new HspaceException(
        "step %d of %d (timestep %d, eta %s): the result is not finite in rows %s of the batch's %d: %s; %s"
            .formatted(
                i + 1,
                steps.length,
                lattice.timesteps()[i],
                eta[i],
                String.join(", ", rows),
                result.size(0),
                Finite.found(result),
                advice));
  }

  private Bottleneck encode(int i, Tensor x) {
    Tensor t = model.toDevice(Tensors.of((long) lattice.timesteps()[i])); // (1)
    return model.unet().encode(x, t, hSpace);
  }

  private Tensor decode(Bottleneck bottleneck, Tensor delta) {
    Tensor there = delta == null ? null : model.toDevice(delta);
    return model.unet().decode(bottleneck, there).to(stateType);
  }
}
