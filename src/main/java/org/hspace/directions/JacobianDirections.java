package org.hspace.directions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.NativeProgress;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.Trajectory;

/**
 * Image-specific directions: the right singular vectors of the denoiser's Jacobian along one
 * trajectory, under its own noise. Method 2 of the paper.
 */
public final class JacobianDirections {
  private final Model model;

  /** For the given model, which it does not own. */
  public JacobianDirections(Model model) {
    this.model = model;
  }

  /**
   * Finds k directions at each of S chosen timesteps. Direction {@code i@t} is singular vector i of
   * timestep t, times its singular value, for use at every timestep: so it is stored once and holds
   * at all.
   *
   * <p>Figures: {@code singular_values}, {@code residuals} {@code ‖Jᵀu - σv‖/σ} and {@code
   * converged} (S,k); {@code orthogonality} and {@code products} (S); {@code right_vectors
   * (S,k,c,h,w)}, {@code left_vectors (S,k,C,H,W)}; {@code found_at (S)}, the timesteps. Of local
   * vectors (keepOutside) σ is {@code ‖J v‖} and u {@code J v / σ}, of the whole image; residuals
   * are those of their own problem, and {@code inside_predicted (S,k)} is the share of {@code ‖J
   * v‖²} inside the mask.
   *
   * @param row which row of the trajectory
   * @param progress hears of steps that are done
   * @return kS directions, to be closed by the caller
   * @throws java.util.concurrent.CancellationException when the listener {@linkplain
   *     Progress#cancelled cancels}
   */
  public DirectionSet run(
      Trajectory trajectory, int row, JacobianOptions options, Progress progress) {
    if (row < 0 || row >= trajectory.rows()) {
      throw new HspaceException("row: expected 0 to " + (trajectory.rows() - 1) + ", found " + row);
    }
    if (trajectory.provenance().clipping() != null) {
      throw new HspaceException(
          "trajectory: expected one without clip: where a prediction is clipped the image does not"
              + " follow h, and the Jacobian does not tell what an edit does");
    }
    int[] steps = steps(trajectory, options);
    int[] timesteps = Arrays.stream(steps).map(i -> trajectory.lattice().timesteps()[i]).toArray();
    int last = steps[steps.length - 1];
    try (PointerScope scope = new PointerScope()) {
      Tensor states = new Sampler(model).states(trajectory, row, last + 1); // (last + 1, C, H, W)
      long[] at =
          Arrays.stream(trajectory.lattice().timesteps(), 0, last + 1).asLongStream().toArray();
      HspaceNative.SvdVector found =
          NativeProgress.during(
              progress,
              heard ->
                  model.singularVectors(
                      trajectory.provenance().conditioning(),
                      states,
                      at,
                      trajectory.provenance().hSpace(),
                      options.options(steps),
                      heard));
      return directions(found, trajectory, row, timesteps, options);
    }
  }

  private int[] steps(Trajectory trajectory, JacobianOptions options) {
    if (options.stepIndices() == null) return IntStream.range(0, trajectory.steps()).toArray();
    for (int step : options.stepIndices()) {
      if (step < 0 || step >= trajectory.steps()) {
        throw new HspaceException(
            "timesteps: expected steps from 0 to " + (trajectory.steps() - 1) + ", found " + step);
      }
    }
    return Arrays.stream(options.stepIndices()).sorted().distinct().toArray();
  }

  private DirectionSet directions(
      HspaceNative.SvdVector found,
      Trajectory trajectory,
      int row,
      int[] timesteps,
      JacobianOptions options) {
    int k = options.svd().vectors();
    int s = Math.toIntExact(found.size());
    double[] sigma = new double[s * k];
    double[] residual = new double[s * k];
    long[] converged = new long[s * k];
    double[] orthogonality = new double[s];
    long[] products = new long[s];
    List<Tensor> right = new ArrayList<>(); // each (k, c, h, w)
    List<Tensor> left = new ArrayList<>(); // each (k, C, H, W)
    List<String> names = new ArrayList<>();
    for (int i = 0; i < s; i++) {
      HspaceNative.Svd svd = found.get(i);
      for (int j = 0; j < k; j++) {
        sigma[i * k + j] = svd.s().get(j);
        residual[i * k + j] = svd.residuals().get(j);
        converged[i * k + j] = svd.converged().get(j) ? 1 : 0;
        names.add(j + "@" + timesteps[i]);
      }
      orthogonality[i] = svd.orthogonality();
      products[i] = svd.products();
      right.add(svd.v().cpu());
      left.add(svd.u().cpu());
    }
    Tensor vectors = Tensors.cat(right, 0); // (S·k, c, h, w)
    Tensor scale = Tensors.of(sigma, (long) s * k, 1, 1, 1).to(vectors.scalar_type());
    Map<String, Tensor> figures = new LinkedHashMap<>();
    figures.put("singular_values", Tensors.of(sigma, s, k));
    figures.put("residuals", Tensors.of(residual, s, k));
    figures.put("converged", Tensors.of(converged).view(s, k));
    figures.put("orthogonality", Tensors.of(orthogonality, s));
    figures.put("products", Tensors.of(products));
    figures.put("found_at", Tensors.of(Arrays.stream(timesteps).asLongStream().toArray()));
    figures.put("right_vectors", Tensors.stack(right));
    figures.put("left_vectors", Tensors.stack(left));
    if (options.keepOutside() > 0) {
      Tensor parts = Tensors.stack(left).mul(options.mask().unsqueeze(0)).to(ScalarType.Double);
      figures.put("inside_predicted", parts.square().flatten(2, -1).sum(2)); // u has norm 1
    }
    return new DirectionSet(
        names,
        vectors.mul(scale).unsqueeze(1), // (S·k, 1, c, h, w): one Δh for all timesteps
        new int[] {trajectory.lattice().timesteps()[0]},
        provenance(trajectory, row, options),
        figures);
  }

  private static Provenance provenance(Trajectory trajectory, int row, JacobianOptions options) {
    Provenance source = trajectory.provenance();
    Map<String, Object> facts = new LinkedHashMap<>();
    if (source.seeds() != null) facts.put("seed", source.seeds().get(row));
    if (source.images() != null) facts.put("image", source.images().get(row));
    facts.put("vectors", options.svd().vectors());
    facts.put("solver", options.krylov() ? "krylov" : "power");
    facts.put("tolerance", options.svd().tolerance());
    facts.put("max_products", options.svd().maxProducts());
    if (options.maskName() != null) facts.put("mask", options.maskName());
    if (options.keepOutside() > 0) facts.put("keep_outside", options.keepOutside());
    if (source.conditioning().guidance() != 1) facts.put("inject_into", options.injectInto().id());
    return source.ofDirections("jacobian", facts);
  }
}
