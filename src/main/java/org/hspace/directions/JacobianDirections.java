package org.hspace.directions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.linalg.BlockPower;
import org.hspace.linalg.GolubKahan;
import org.hspace.linalg.Svd;
import org.hspace.linalg.SvdSolver;
import org.hspace.model.HSpace;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.trajectory.Progress;
import org.hspace.trajectory.Provenance;
import org.hspace.trajectory.Sampler;
import org.hspace.trajectory.Trajectory;

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
   * (S,k,c,h,w)}, {@code left_vectors (S,k,C,H,W)}; {@code found_at (S)}, the timesteps.
   *
   * @param row which row of the trajectory
   * @param progress hears of vectors converged
   * @return kS directions, to be closed by the caller
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
    HSpace hSpace = trajectory.provenance().hSpace();
    checkMask(options.mask());
    List<Svd> found = new ArrayList<>();
    try (PointerScope scope = new PointerScope()) {
      Tensor states = new Sampler(model).states(trajectory, row, last + 1); // (last + 1, C, H, W)
      int chunk = 1; // the first timestep alone tells what one takes
      for (int first = 0; first < steps.length; ) {
        int[] some = Arrays.copyOfRange(steps, first, Math.min(steps.length, first + chunk));
        int done = first;
        long[] index = Arrays.stream(some).asLongStream().toArray();
        int[] at = Arrays.copyOfRange(timesteps, first, first + some.length);
        Tensor x = states.index_select(0, Tensors.of(index)); // (P, C, H, W)
        try (DenoiserJacobian map =
            new DenoiserJacobian(model, x, at, some, hSpace, options.mask())) {
          long perProblem = map.bytes() / some.length + GolubKahan.basisBytes(map, options.svd());
          if (options.memory() < perProblem) {
            throw new HspaceException(
                "memory: expected at least %d bytes, what one timestep takes, found %d"
                    .formatted(perProblem, options.memory()));
          }
          int fitting = (int) Math.max(1, Math.min(steps.length, options.memory() / perProblem));
          if (chunk == 1 && fitting > 1 && steps.length > 1) {
            chunk = fitting;
            // Linearised again, with as many timesteps as fit: one pass of the decoder more, which
            // costs less than solving the first timestep alone would.
            continue;
          }
          SvdSolver solver = options.krylov() ? new GolubKahan() : new BlockPower();
          found.addAll(
              solver.solve(
                  map,
                  options.svd(),
                  (active, pairs, worst) ->
                      progress.update(done + some.length - active, steps.length, "timesteps")));
        }
        first += some.length;
      }
      return directions(found, trajectory, row, timesteps, options);
    } finally {
      found.forEach(Svd::close);
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

  private void checkMask(Tensor mask) {
    if (mask == null) return;
    int[] sample = model.sampleShape();
    long[] expected = {1, 1, sample[1], sample[2]};
    if (!Arrays.equals(Tensors.shape(mask), expected)) {
      throw new HspaceException(
          "mask: expected "
              + sample[2]
              + " x "
              + sample[1]
              + " pixels like the model's images, found "
              + mask.size(mask.dim() - 1)
              + " x "
              + mask.size(mask.dim() - 2));
    }
  }

  private DirectionSet directions(
      List<Svd> found, Trajectory trajectory, int row, int[] timesteps, JacobianOptions options) {
    int k = options.svd().vectors();
    int s = found.size();
    double[] sigma = found.stream().flatMapToDouble(svd -> Arrays.stream(svd.s())).toArray();
    double[] residual =
        found.stream().flatMapToDouble(svd -> Arrays.stream(svd.residuals())).toArray();
    double[] orthogonality = found.stream().mapToDouble(Svd::orthogonality).toArray();
    long[] products = found.stream().mapToLong(Svd::products).toArray();
    long[] converged = new long[s * k];
    List<String> names = new ArrayList<>();
    for (int i = 0; i < s * k; i++) {
      converged[i] = found.get(i / k).converged()[i % k] ? 1 : 0;
      names.add(i % k + "@" + timesteps[i / k]);
    }
    Tensor right = Tensors.cat(found.stream().map(Svd::v).toList(), 0).cpu(); // (S·k, c, h, w)
    Tensor left = Tensors.cat(found.stream().map(Svd::u).toList(), 0).cpu(); // (S·k, C, H, W)
    Tensor scale = Tensors.of(sigma, (long) s * k, 1, 1, 1).to(right.scalar_type());
    Map<String, Tensor> figures = new LinkedHashMap<>();
    figures.put("singular_values", Tensors.of(sigma, s, k));
    figures.put("residuals", Tensors.of(residual, s, k));
    figures.put("converged", Tensors.of(converged).view(s, k));
    figures.put("orthogonality", Tensors.of(orthogonality, s));
    figures.put("products", Tensors.of(products));
    figures.put("found_at", Tensors.of(Arrays.stream(timesteps).asLongStream().toArray()));
    figures.put("right_vectors", right.view(s, k, right.size(1), right.size(2), right.size(3)));
    figures.put("left_vectors", left.view(s, k, left.size(1), left.size(2), left.size(3)));
    return new DirectionSet(
        names,
        right.mul(scale).unsqueeze(1), // (S·k, 1, c, h, w): one Δh for all timesteps
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
    return source.ofDirections("jacobian", facts);
  }
}
