package org.hspace.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hspace.io.CsvTable;

/**
 * What edits do to attributes: the paper's Table I. All effects are mean changes of a score, in
 * standard deviations of that score over unedited samples.
 *
 * @param attributes the columns (A)
 * @param directions the rows (K)
 * @param targets the attribute that each direction is meant to change (K)
 * @param strengths at which each direction was applied (K)
 * @param reached whether calibration moved the target by the amount asked for within the largest
 *     strength (K)
 * @param effect mean over sets [K][A]
 * @param effectSd standard deviation over sets [K][A]
 * @param others root mean square change of all attributes but the target, over samples (K): what is
 *     lost of the identity
 * @param pixels root mean square change of the pixels, in units of [-1, 1] (K)
 * @param pixelsInside the same inside the mask (K); NaN without one
 * @param pixelsOutside the same outside the mask (K); NaN without one
 */
public record EffectTable(
    List<String> attributes,
    List<String> directions,
    List<String> targets,
    double[] strengths,
    boolean[] reached,
    double[][] effect,
    double[][] effectSd,
    double[] others,
    double[] pixels,
    double[] pixelsInside,
    double[] pixelsOutside) {

  /** Mean effect of the directions on their own attributes. */
  public double diagonalMean() {
    double sum = 0;
    for (int k = 0; k < effect.length; k++) sum += effect[k][attributes.indexOf(targets.get(k))];
    return sum / effect.length;
  }

  /** Mean size of the effects on all other attributes. */
  public double offDiagonalMean() {
    double sum = 0;
    int count = 0;
    for (int k = 0; k < effect.length; k++) {
      for (int a = 0; a < attributes.size(); a++) {
        if (attributes.get(a).equals(targets.get(k))) continue;
        sum += Math.abs(effect[k][a]);
        count++;
      }
    }
    return count == 0 ? 0 : sum / count;
  }

  /**
   * As comma-separated values: a line a direction; each attribute's mean and standard deviation,
   * then the other figures.
   */
  public String csv() {
    List<List<Object>> rows = new ArrayList<>();
    List<Object> header = new ArrayList<>(List.of("direction", "target", "strength", "reached"));
    for (String attribute : attributes) header.addAll(List.of(attribute, attribute + "_sd"));
    header.addAll(List.of("others", "pixels", "pixels_inside", "pixels_outside"));
    rows.add(header);
    for (int k = 0; k < effect.length; k++) {
      List<Object> row =
          new ArrayList<>(
              List.of(directions.get(k), targets.get(k), (float) strengths[k], reached[k]));
      for (int a = 0; a < attributes.size(); a++) {
        row.addAll(List.of((float) effect[k][a], (float) effectSd[k][a]));
      }
      for (double figure : new double[] {others[k], pixels[k], pixelsInside[k], pixelsOutside[k]}) {
        row.add(Double.isNaN(figure) ? "" : (float) figure);
      }
      rows.add(row);
    }
    return CsvTable.text(rows);
  }

  /** As a table for people. */
  public String text() {
    int width = Math.max(12, directions.stream().mapToInt(String::length).max().orElse(0) + 1);
    StringBuilder text = new StringBuilder(("%-" + width + "s %8s").formatted("edit", "strength"));
    for (String attribute : attributes) text.append(" %14s".formatted(attribute));
    boolean masked = Arrays.stream(pixelsInside).noneMatch(Double::isNaN);
    text.append(" %7s %7s".formatted("others", "pixels"));
    text.append(masked ? " %7s %7s\n".formatted("inside", "outside") : "\n");
    for (int k = 0; k < effect.length; k++) {
      text.append(("%-" + width + "s %8.2f").formatted(directions.get(k), strengths[k]));
      for (int a = 0; a < attributes.size(); a++) {
        String mark = attributes.get(a).equals(targets.get(k)) ? "*" : " ";
        text.append(" %6.2f ± %4.2f%s".formatted(effect[k][a], effectSd[k][a], mark));
      }
      text.append(" %7.2f %7.3f".formatted(others[k], pixels[k]));
      if (masked) text.append(" %7.3f %7.3f".formatted(pixelsInside[k], pixelsOutside[k]));
      text.append(reached[k] ? "\n" : "  (largest strength, amount not reached)\n");
    }
    return text.toString();
  }
}
