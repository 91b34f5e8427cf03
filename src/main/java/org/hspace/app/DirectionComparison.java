package org.hspace.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.image.HeatMap;
import org.hspace.image.RgbImage;
import org.hspace.io.CsvTable;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;

/**
 * How alike directions are: the cosines of the angles between them, over all timesteps together and
 * at each. A direction that is zero at a timestep has cosine 0 with all others there.
 *
 * @param names of the directions (K)
 * @param timesteps those of the first direction, to which the others are brought (T)
 * @param whole over all timesteps [K][K]
 * @param each at each timestep [T][K][K]
 */
public record DirectionComparison(
    List<String> names, int[] timesteps, double[][] whole, double[][][] each) {

  /**
   * Compares directions of one point of h-space and one shape.
   *
   * @param names what they are called here (K)
   */
  public static DirectionComparison of(List<String> names, List<Direction> directions) {
    int[] timesteps = directions.get(0).timesteps();
    try (PointerScope scope = new PointerScope()) {
      List<Tensor> rows = new ArrayList<>();
      for (Direction one : directions) {
        rows.add(one.onLattice(timesteps).to(ScalarType.Double).reshape(timesteps.length, -1));
      }
      Tensor all = Tensors.stack(rows); // (K, T, D)
      double[][][] each = new double[timesteps.length][][];
      for (int t = 0; t < each.length; t++) each[t] = cosines(all.select(1, t));
      return new DirectionComparison(
          List.copyOf(names), timesteps, cosines(all.reshape(all.size(0), -1)), each);
    }
  }

  private static double[][] cosines(Tensor rows) {
    Tensor norms = rows.square().sum(new long[] {1}, true, null).sqrt();
    Tensor unit = rows.div(norms.clamp_min(new Scalar(Double.MIN_NORMAL))); // (K, D)
    return Tensors.rows(unit.matmul(unit.t()));
  }

  /** As a table for people, over all timesteps. */
  public String text() {
    int width = Math.max(7, names.stream().mapToInt(String::length).max().orElse(0) + 1);
    StringBuilder text = new StringBuilder(" ".repeat(width));
    for (String name : names) text.append(("%" + width + "s").formatted(name));
    for (int i = 0; i < names.size(); i++) {
      text.append(("%n%-" + width + "s").formatted(names.get(i)));
      for (double cosine : whole[i]) {
        text.append(String.format(Locale.ROOT, "%" + width + ".2f", cosine));
      }
    }
    return text.append("\n").toString();
  }

  /** The same as a picture. */
  public RgbImage heatMap() {
    return HeatMap.draw("cosine of directions, all timesteps", names, names, whole, 1);
  }

  /** A line for each pair and timestep, and one for all timesteps. */
  public String csv() {
    List<List<Object>> rows = new ArrayList<>();
    rows.add(List.of("timestep", "direction", "other", "cosine"));
    for (int t = -1; t < timesteps.length; t++) {
      double[][] cosines = t < 0 ? whole : each[t];
      for (int i = 0; i < names.size(); i++) {
        for (int j = 0; j < names.size(); j++) {
          Object when = t < 0 ? "all" : timesteps[t];
          rows.add(List.of(when, names.get(i), names.get(j), (float) cosines[i][j]));
        }
      }
    }
    return CsvTable.text(rows);
  }

  /** All figures by name. */
  public Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("directions", names);
    figures.put("timesteps", timesteps);
    figures.put("cosine", List.of(whole));
    List<List<double[]>> steps = new ArrayList<>();
    for (double[][] cosines : each) steps.add(List.of(cosines));
    figures.put("cosine_per_timestep", steps);
    return figures;
  }
}
