package org.hspace.linalg;

import static org.bytedeco.pytorch.global.torch.bmm;
import static org.bytedeco.pytorch.global.torch.linalg_qr;
import static org.bytedeco.pytorch.global.torch.linalg_svd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Tensors;

/**
 * Block power iteration on {@code AᵀA} (Haas et al., Algorithm 1) with a Rayleigh-Ritz step and a
 * stop rule that looks at the residual {@code ‖Aᵀu - sv‖} itself. Simple, slow where singular
 * values lie close together: the yardstick for {@link GolubKahan}.
 */
public final class BlockPower implements SvdSolver {
  @Override
  public List<Svd> solve(LinearMap map, SvdOptions options, Progress progress) {
    int block = options.basis() > 0 ? options.basis() : options.vectors();
    long d = Vectors.size(map.domain());
    if (block > Math.min(d, Vectors.size(map.codomain()))) {
      throw new IllegalArgumentException(
          "vectors: a block of "
              + block
              + " wanted, but the map has only "
              + Math.min(d, Vectors.size(map.codomain())));
    }
    Svd[] results = new Svd[map.problems()];
    List<Integer> active = new ArrayList<>();
    List<Tensor> blocks = new ArrayList<>(); // of each active problem: (block, d), orthonormal rows
    for (int p = 0; p < results.length; p++) {
      active.add(p);
      blocks.add(start(map, options, p, block));
    }
    long pairs = 0;
    for (int sweep = 1; !active.isEmpty(); sweep++) {
      double worst = 0;
      pairs += (long) active.size() * block;
      List<Integer> staying = new ArrayList<>();
      List<Tensor> next = new ArrayList<>();
      try (PointerScope scope = new PointerScope()) {
        int n = active.size();
        int[] problem = repeated(active, block);
        Tensor v = torch.stack(new TensorVector(blocks.toArray(Tensor[]::new))); // (A, block, d)
        Tensor y = map.apply(v.reshape(Vectors.batched((long) n * block, map.domain())), problem);
        var svd =
            linalg_svd(
                y.reshape(n, block, -1).to(ScalarType.Double), false, new StringViewOptional());
        Tensor left = svd.get2(); // (A, block, dOut): left singular vectors as rows
        v = bmm(svd.get0().transpose(1, 2), v.to(ScalarType.Double)); // (A, block, d): Ritz vectors
        Tensor u = left.to(map.options(), false, false, null);
        Tensor w =
            map.applyTranspose(
                u.reshape(Vectors.batched((long) n * block, map.codomain())), problem);
        w = w.reshape(n, block, d).to(ScalarType.Double);
        Tensor difference = w.sub(v.mul(svd.get1().unsqueeze(2))); // (A, block, d): Aᵀu - sv
        double[] residual = Vectors.norms(difference.reshape((long) n * block, d));
        double[] sigma = Tensors.doubles(svd.get1()); // (A, block)
        Tensor orthonormal = linalg_qr(w.transpose(1, 2)).get0().transpose(1, 2); // (A, block, d)
        for (int a = 0; a < n; a++) {
          double[] s = Arrays.copyOfRange(sigma, a * block, a * block + options.vectors());
          double[] relative = new double[s.length];
          double max = 0;
          for (int i = 0; i < s.length; i++) {
            double absolute = residual[a * block + i];
            relative[i] = absolute == 0 ? 0 : absolute / s[i]; // infinite where s = 0
            max = Math.max(max, relative[i]);
          }
          int spent = sweep * block;
          if (max <= options.tolerance() || spent + block > options.maxProducts()) {
            results[active.get(a)] =
                result(map, options, v.select(0, a), left.select(0, a), s, relative, spent);
          } else {
            staying.add(active.get(a));
            next.add(
                orthonormal
                    .select(0, a)
                    .to(map.options(), false, true, null)
                    .contiguous()
                    .retainReference());
            worst = Math.max(worst, max);
          }
        }
      }
      blocks.forEach(Tensor::close);
      active = staying;
      blocks = next;
      progress.sweep(active.size(), pairs, worst);
    }
    return Arrays.asList(results);
  }

  private static Tensor start(LinearMap map, SvdOptions options, int problem, int block) {
    try (PointerScope scope = new PointerScope()) {
      long d = Vectors.size(map.domain());
      Tensor rows =
          Vectors.random(options.seed(), map.identity(problem), block * d, map.options())
              .reshape(block, d);
      return Vectors.orthonormal(rows).to(map.options(), false, false, null).retainReference();
    }
  }

  private static Svd result(
      LinearMap map,
      SvdOptions options,
      Tensor v,
      Tensor u,
      double[] s,
      double[] residuals,
      int pairs) {
    int k = options.vectors();
    boolean[] converged = new boolean[k];
    for (int i = 0; i < k; i++) converged[i] = residuals[i] <= options.tolerance();
    Tensor vk = v.narrow(0, 0, k).to(map.options(), false, true, null);
    Tensor uk = u.narrow(0, 0, k).to(map.options(), false, true, null);
    double orthogonality = Math.max(Vectors.orthogonality(vk), Vectors.orthogonality(uk));
    return new Svd(
        uk.reshape(Vectors.batched(k, map.codomain())).retainReference(),
        s,
        vk.reshape(Vectors.batched(k, map.domain())).retainReference(),
        residuals,
        converged,
        orthogonality,
        pairs);
  }

  private static int[] repeated(List<Integer> problems, int times) {
    int[] result = new int[problems.size() * times];
    for (int i = 0; i < result.length; i++) result[i] = problems.get(i / times);
    return result;
  }
}
