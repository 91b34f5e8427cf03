package org.hspace.app;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.hspace.directions.PcaScope;
import org.hspace.image.LinePlot;
import org.hspace.image.RgbImage;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DirectionSet;

/**
 * What the components of a PCA come with, for people and for programs: k components at T timesteps,
 * or at one for the whole trajectory.
 *
 * @param scope what a component is of
 * @param timesteps of the components (T)
 * @param names of the components (k)
 * @param variance that each explains [T or 1][k]
 * @param ratio the same as a share of all variance [T or 1][k]
 * @param rotated how far from Gaussian, and how stable, each of the rotated components is [2][k];
 *     null where they are not rotated
 */
public record PcaReport(
    PcaScope scope,
    int[] timesteps,
    List<String> names,
    double[][] variance,
    double[][] ratio,
    double[][] rotated) {
  private static final int SHOWN = 10;

  /** The report of a PCA's directions. */
  public PcaReport(DirectionSet found, PcaScope scope) {
    this(
        scope,
        found.timesteps(),
        found.names(),
        Tensors.rows(found.figures().get("explained_variance")),
        Tensors.rows(found.figures().get("explained_variance_ratio")),
        rotated(found.figures()));
  }

  private static double[][] rotated(Map<String, Tensor> figures) {
    if (!figures.containsKey("stability")) return null;
    return new double[][] {
      Tensors.doubles(figures.get("non_gaussianity")), Tensors.doubles(figures.get("stability"))
    };
  }

  /** Each component's share, mean over the timesteps (k). */
  public double[] means() {
    return IntStream.range(0, names.size())
        .mapToDouble(k -> Arrays.stream(ratio).mapToDouble(row -> row[k]).average().orElse(0))
        .toArray();
  }

  /** A line a component. */
  public String text() {
    double[] mean = means();
    StringBuilder text = new StringBuilder("share of the variance that each component explains");
    text.append(
        scope == PcaScope.TRAJECTORY ? ":\n" : ", mean over the timesteps (least to most):\n");
    for (int k = 0; k < Math.min(rotated == null ? SHOWN : mean.length, mean.length); k++) {
      text.append(
          String.format(
              Locale.ROOT,
              "  %-5s %5.1f %%%s%s%n",
              names.get(k),
              100 * mean[k],
              range(k),
              stability(k)));
    }
    text.append(
        String.format(
            Locale.ROOT,
            "  all %d together %.1f %%%n",
            mean.length,
            100 * Arrays.stream(mean).sum()));
    return text.toString();
  }

  private String range(int k) {
    if (ratio.length == 1) return "";
    double[] all = Arrays.stream(ratio).mapToDouble(row -> row[k]).sorted().toArray();
    return String.format(Locale.ROOT, "  (%.1f to %.1f)", 100 * all[0], 100 * all[all.length - 1]);
  }

  private String stability(int k) {
    return rotated == null ? "" : String.format(Locale.ROOT, "  stability %.2f", rotated[1][k]);
  }

  /** The share of the variance that the first k components explain, and each one's stability. */
  public RgbImage plot() {
    double[] together = means();
    Arrays.parallelPrefix(together, Double::sum);
    int[] counts = IntStream.rangeClosed(1, together.length).toArray();
    return rotated == null
        ? LinePlot.draw(
            "variance explained",
            "components",
            "share",
            counts,
            List.of("together"),
            List.of(together))
        : LinePlot.draw(
            "variance explained, and stability",
            "components",
            "share, correlation",
            counts,
            List.of("together", "stability"),
            List.of(together, rotated[1]));
  }

  /** All figures by name. */
  public Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("scope", scope.id());
    figures.put("timesteps", timesteps);
    figures.put("names", names);
    figures.put("explained_variance", List.of(variance));
    figures.put("explained_variance_ratio", List.of(ratio));
    figures.put("mean_explained_variance_ratio", means());
    if (rotated != null) {
      figures.put("non_gaussianity", rotated[0]);
      figures.put("stability", rotated[1]);
    }
    return figures;
  }
}
