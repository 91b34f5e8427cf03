package org.hspace.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DirectionSet;

/**
 * What a Jacobian's directions come with, for people and for programs: S timesteps of k vectors.
 *
 * @param timesteps where they were found (S)
 * @param sigma singular values [S][k]
 * @param residuals {@code ‖Jᵀu - σv‖ / σ} [S][k]
 * @param converged not 0 where the tolerance was reached [S][k]
 * @param orthogonality largest entry of {@code |V Vᵀ - I|}, of left or right vectors (S)
 * @param pairs products spent (S)
 * @param seconds that finding them took
 */
public record JacobianReport(
    long[] timesteps,
    double[][] sigma,
    double[][] residuals,
    double[][] converged,
    double[] orthogonality,
    long[] pairs,
    double seconds) {

  public JacobianReport(DirectionSet found, double seconds) {
    this(
        Tensors.longs(found.figures().get("found_at")),
        Tensors.rows(found.figures().get("singular_values")),
        Tensors.rows(found.figures().get("residuals")),
        Tensors.rows(found.figures().get("converged")),
        Tensors.doubles(found.figures().get("orthogonality")),
        Tensors.longs(found.figures().get("products")),
        seconds);
  }

  /** The vectors that did not reach the tolerance, as V@T. */
  public List<String> notConverged() {
    List<String> open = new ArrayList<>();
    for (int s = 0; s < timesteps.length; s++) {
      for (int k = 0; k < sigma[s].length; k++) {
        if (converged[s][k] == 0) open.add(k + "@" + timesteps[s]);
      }
    }
    return open;
  }

  /** A line a timestep. */
  public String text() {
    StringBuilder text =
        new StringBuilder("timestep  pairs  orthogonality  singular values (residual)\n");
    for (int s = 0; s < timesteps.length; s++) {
      text.append(
          String.format(Locale.ROOT, "%8d  %5d  %13.1e", timesteps[s], pairs[s], orthogonality[s]));
      for (int k = 0; k < sigma[s].length; k++) {
        text.append(String.format(Locale.ROOT, "  %.5g (%.1e)", sigma[s][k], residuals[s][k]));
        if (converged[s][k] == 0) text.append(" NOT CONVERGED");
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** All figures by name. */
  public Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("timesteps", timesteps);
    figures.put("singular_values", List.of(sigma));
    figures.put("residuals", List.of(residuals));
    figures.put("not_converged", notConverged());
    figures.put("orthogonality", orthogonality);
    figures.put("pairs", pairs);
    figures.put("seconds", seconds);
    return figures;
  }
}
