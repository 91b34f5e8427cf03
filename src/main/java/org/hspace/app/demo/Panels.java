package org.hspace.app.demo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the demonstration shows, in its order. */
public final class Panels {
  // Rectangles x, y, w, h of a portrait, as shares of its width and height.
  private static final double[] MOUTH = {0.3, 0.58, 0.4, 0.2};
  private static final double[] EYES = {0.25, 0.43, 0.5, 0.17};

  private Panels() {}

  /**
   * All panels.
   *
   * @param samples trajectories that the PCA sees
   */
  public static List<Panel> of(int samples) {
    Map<String, double[]> regions = new LinkedHashMap<>();
    regions.put("mouth", MOUTH);
    regions.put("eyes", EYES);
    return List.of(
        new SamplesPanel(24),
        new ComponentsPanel(samples, 6, new long[] {0, 1, 2}, new double[] {-2, -1, 0, 1, 2}),
        new ShippedPanel(2, 0, 3, 5),
        new JacobianPanel(3, 5, 0.5, regions),
        new ExamplesPanel("hat", 48, 8, new long[] {0, 1, 2}, new double[] {-0.5, 0, 0.5, 1}),
        new InversionPanel(7, 12));
  }
}
