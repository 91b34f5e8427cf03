package org.hspace.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
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
 * @param insidePredicted share of each local vector's squared change inside the mask [S][k], by J;
 *     null of singular vectors
 * @param insideMeasured the same by the decoded picture, the vector at its own timestep alone
 * @param editPredicted share of each edit's squared change inside the mask, by the vectors'
 *     measured changes (k); null of singular vectors
 * @param editMeasured the same by the decoded picture
 * @param editAmount root mean square change inside the mask at strength 1 (k)
 * @param seconds that finding them took
 */
public record JacobianReport(
    long[] timesteps,
    double[][] sigma,
    double[][] residuals,
    double[][] converged,
    double[] orthogonality,
    long[] pairs,
    double[][] insidePredicted,
    double[][] insideMeasured,
    double[] editPredicted,
    double[] editMeasured,
    double[] editAmount,
    double seconds) {

  public JacobianReport(DirectionSet found, double seconds) {
    this(
        Tensors.longs(found.figures().get("found_at")),
        Tensors.rows(found.figures().get("singular_values")),
        Tensors.rows(found.figures().get("residuals")),
        Tensors.rows(found.figures().get("converged")),
        Tensors.doubles(found.figures().get("orthogonality")),
        Tensors.longs(found.figures().get("products")),
        rows(found, "inside_predicted"),
        rows(found, "inside_measured"),
        numbers(found, "edit_inside_predicted"),
        numbers(found, "edit_inside_measured"),
        numbers(found, "edit_amount"),
        seconds);
  }

  private static double[][] rows(DirectionSet found, String figure) {
    Tensor there = found.figures().get(figure);
    return there == null ? null : Tensors.rows(there);
  }

  private static double[] numbers(DirectionSet found, String figure) {
    Tensor there = found.figures().get(figure);
    return there == null ? null : Tensors.doubles(there);
  }

  /** How many vectors there are, of all timesteps. */
  public int vectors() {
    return timesteps.length * sigma[0].length;
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
        new StringBuilder(
            "timestep  pairs  orthogonality  "
                + (insideMeasured == null ? "singular values" : "sizes of local vectors")
                + " (residual)\n");
    for (int s = 0; s < timesteps.length; s++) {
      text.append(
          String.format(Locale.ROOT, "%8d  %5d  %13.1e", timesteps[s], pairs[s], orthogonality[s]));
      for (int k = 0; k < sigma[s].length; k++) {
        text.append(String.format(Locale.ROOT, "  %.5g (%.1e)", sigma[s][k], residuals[s][k]));
        if (converged[s][k] == 0) text.append(" NOT CONVERGED");
      }
      text.append('\n');
    }
    if (insideMeasured != null) local(text);
    return text.toString();
  }

  private void local(StringBuilder text) {
    text.append("\ntimestep  share of the squared change inside the mask, predicted / measured\n");
    for (int s = 0; s < timesteps.length; s++) {
      text.append(String.format(Locale.ROOT, "%8d", timesteps[s]));
      for (int k = 0; k < insideMeasured[s].length; k++) {
        text.append(
            String.format(
                Locale.ROOT, "  %.2f / %.2f", insidePredicted[s][k], insideMeasured[s][k]));
      }
      text.append('\n');
    }
    text.append("\nedit  change inside  share inside, predicted / measured  inside : outside\n");
    for (int k = 0; k < editMeasured.length; k++) {
      text.append(
          String.format(
              Locale.ROOT,
              "%4d  %13.3f  %26.2f / %.2f  %9.1f : 1\n",
              k,
              editAmount[k],
              editPredicted[k],
              editMeasured[k],
              ratio(editMeasured[k])));
    }
  }

  private static double ratio(double share) {
    return share / (1 - share);
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
    if (insideMeasured != null) {
      figures.put("vectors", eachVector());
      figures.put("edits", eachEdit());
    }
    return figures;
  }

  private List<Map<String, Object>> eachVector() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (int s = 0; s < timesteps.length; s++) {
      for (int k = 0; k < sigma[s].length; k++) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("timestep", timesteps[s]);
        one.put("vector", k);
        one.put("residual", residuals[s][k]);
        one.put("inside_predicted", insidePredicted[s][k]);
        one.put("inside_measured", insideMeasured[s][k]);
        one.put("ratio_predicted", ratio(insidePredicted[s][k]));
        one.put("ratio_measured", ratio(insideMeasured[s][k]));
        all.add(one);
      }
    }
    return all;
  }

  private List<Map<String, Object>> eachEdit() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (int k = 0; k < editMeasured.length; k++) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("edit", k);
      one.put("amount", editAmount[k]);
      one.put("inside_predicted", editPredicted[k]);
      one.put("inside_measured", editMeasured[k]);
      one.put("ratio_measured", ratio(editMeasured[k]));
      all.add(one);
    }
    return all;
  }
}
