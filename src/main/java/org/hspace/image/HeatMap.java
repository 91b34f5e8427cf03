package org.hspace.image;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/** A table of numbers as coloured cells: white at 0, red above, blue below. */
public final class HeatMap {
  private static final int CELL = 72;
  private static final int MARGIN = 16;
  private static final double TEXT = 11;
  private static final Color INK = new Color(0x30343b);
  private static final Color WARM = new Color(0xc2412d);
  private static final Color COLD = new Color(0x2f5fa8);

  private HeatMap() {}

  /**
   * Draws a table.
   *
   * @param values [rows][columns]
   * @param full the size at which a cell has its full colour
   */
  public static RgbImage draw(
      String title, List<String> rows, List<String> columns, double[][] values, double full) {
    double widest = rows.stream().mapToDouble(row -> StrokeFont.width(row, TEXT)).max().orElse(0);
    int left = MARGIN + (int) Math.ceil(widest) + 10;
    int top = MARGIN + 50;
    int width =
        Math.max(
            left + columns.size() * CELL + MARGIN,
            (int) StrokeFont.width(title, 1.2 * TEXT) + 2 * MARGIN);
    int height = top + rows.size() * CELL / 2 + MARGIN;
    BufferedImage paper = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = paper.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
    graphics.setColor(INK);
    StrokeFont.draw(
        graphics, title, MARGIN, MARGIN + 1.2 * TEXT, 1.2 * TEXT, StrokeFont.Weight.BOLD);
    for (int c = 0; c < columns.size(); c++) {
      centred(graphics, columns.get(c), left + c * CELL, top - 8);
    }
    for (int r = 0; r < rows.size(); r++) {
      int y = top + r * CELL / 2;
      graphics.setColor(INK);
      StrokeFont.draw(
          graphics,
          rows.get(r),
          left - 10 - StrokeFont.width(rows.get(r), TEXT),
          y + CELL / 4.0 + TEXT / 2,
          TEXT,
          StrokeFont.Weight.REGULAR);
      for (int c = 0; c < columns.size(); c++) {
        double share = Math.min(1, Math.abs(values[r][c]) / full);
        graphics.setColor(blend(values[r][c] < 0 ? COLD : WARM, share));
        graphics.fillRect(left + c * CELL, y, CELL - 2, CELL / 2 - 2);
        graphics.setColor(share > 0.6 ? Color.WHITE : INK);
        centred(
            graphics,
            String.format(Locale.ROOT, "%.2f", values[r][c]),
            left + c * CELL,
            y + CELL / 4.0 + TEXT / 2);
      }
    }
    graphics.dispose();
    return ImageFile.of(paper);
  }

  private static void centred(Graphics2D graphics, String text, double x, double baseline) {
    String shown = StrokeFont.shorten(text, TEXT, CELL - 6);
    double start = x + (CELL - StrokeFont.width(shown, TEXT)) / 2;
    StrokeFont.draw(graphics, shown, start, baseline, TEXT, StrokeFont.Weight.REGULAR);
  }

  private static Color blend(Color colour, double share) {
    return new Color(
        mix(colour.getRed(), share), mix(colour.getGreen(), share), mix(colour.getBlue(), share));
  }

  private static int mix(int level, double share) {
    return (int) Math.round(255 + share * (level - 255));
  }
}
