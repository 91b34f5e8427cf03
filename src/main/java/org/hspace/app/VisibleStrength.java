package org.hspace.app;

import java.util.ArrayList;
import java.util.List;
import org.hspace.image.RgbImage;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionAlgebra;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.WeightedDirection;

/**
 * At which strength directions show what they do: where the picture has changed by so much. Two
 * strengths are tried, and between and beside them the change is taken as a power of the strength.
 */
public final class VisibleStrength {
  /** Root mean square of the change inside the mask that can be seen well, in values of [-1, 1]. */
  private static final double CHANGE = 0.2;

  /** Norms ‖γ Δh‖ at one timestep that are tried. */
  private static final double[] NORMS = {16, 64};

  /** How far beyond what was tried the law is believed. */
  private static final double BEYOND = 4;

  private VisibleStrength() {}

  /**
   * Tries directions on a preview.
   *
   * @param inside zeros and ones (H·W), what is looked at of the picture; null for all of it
   * @return a strength above 0 for each direction
   */
  public static double[] of(
      Subject subject, List<Direction> directions, float[] inside, Progress progress) {
    List<Edit> edits = new ArrayList<>(List.of(Edit.NONE));
    for (Direction direction : directions) {
      for (double norm : NORMS)
        edits.add(Edit.of(new WeightedDirection(direction, norm / perStep(direction))));
    }
    List<RgbImage> pictures =
        subject.edited(edits, EditOptions.DEFAULT, Subject.Quality.PREVIEW, progress);
    double[] strengths = new double[directions.size()];
    for (int i = 0; i < strengths.length; i++) {
      double less = change(pictures.get(0), pictures.get(1 + 2 * i), inside);
      double more = change(pictures.get(0), pictures.get(2 + 2 * i), inside);
      strengths[i] = norm(less, more) / perStep(directions.get(i));
    }
    return strengths;
  }

  /** The norm at one timestep, the root of the mean square over all; of a zero direction 1. */
  private static double perStep(Direction direction) {
    double norm = DirectionAlgebra.norm(direction) / Math.sqrt(direction.timesteps().length);
    return norm > 0 ? norm : 1;
  }

  /**
   * The norm at which the change is the wanted one.
   *
   * @param less change at the first norm that was tried
   * @param more change at the second
   */
  static double norm(double less, double more) {
    double lowest = NORMS[0] / BEYOND;
    double highest = NORMS[1] * BEYOND;
    if (!(less > 0 && more > less)) return more >= CHANGE ? NORMS[0] : highest;
    double power = Math.log(more / less) / Math.log(NORMS[1] / NORMS[0]);
    double found = NORMS[0] * Math.pow(CHANGE / less, 1 / power);
    return Math.min(highest, Math.max(lowest, found));
  }

  /** Root mean square of the difference inside. */
  private static double change(RgbImage before, RgbImage after, float[] inside) {
    double sum = 0;
    long count = 0;
    int plane = before.width() * before.height();
    for (int i = 0; i < before.values().length; i++) {
      if (inside != null && inside[i % plane] == 0) continue;
      double difference = after.values()[i] - before.values()[i];
      sum += difference * difference;
      count++;
    }
    return Math.sqrt(sum / count);
  }
}
