package org.hspace.image;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Curves over a logarithmic axis of counts. */
public final class LinePlot {
  private static final int WIDTH = 560;
  private static final int HEIGHT = 360;
  private static final int LEFT = 70;
  private static final int RIGHT = 130;
  private static final int TOP = 62;
  private static final int BOTTOM = 60;
  private static final double TEXT = 10;

  /** About as many ticks as this on the vertical axis. */
  private static final int TICKS = 5;

  private static final Color INK = new Color(0x30343b);
  private static final Color RULE = new Color(0xdfe2e6);
  private static final List<Color> COLOURS =
      List.of(new Color(0xc2412d), new Color(0x2f5fa8), new Color(0x3c8d5a), new Color(0x8a5aa8));

  private LinePlot() {}

  /**
   * Draws curves.
   *
   * @param x positive numbers, ascending (n)
   * @param names of the curves
   * @param curves one array (n) a curve
   */
  public static RgbImage draw(
      String title,
      String xLabel,
      String yLabel,
      int[] x,
      List<String> names,
      List<double[]> curves) {
    BufferedImage paper = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = paper.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, WIDTH, HEIGHT);
    double low = Math.min(0, curves.stream().flatMapToDouble(Arrays::stream).min().orElse(0));
    double high = curves.stream().flatMapToDouble(Arrays::stream).max().orElse(1);
    if (high <= low) high = low + 1;
    double step = step((high - low) / TICKS);
    long first = Math.round(Math.floor(low / step));
    long last = Math.round(Math.ceil(high / step));
    low = step * first;
    high = step * last;
    int decimals = (int) Math.max(0, -Math.floor(Math.log10(step)));
    for (long tick = first; tick <= last; tick++) {
      double value = step * tick;
      double y = y(value, low, high);
      graphics.setColor(RULE);
      graphics.draw(new Line2D.Double(LEFT, y, WIDTH - RIGHT, y));
      graphics.setColor(INK);
      String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
      label(graphics, text, LEFT - 8 - StrokeFont.width(text, TEXT), y + TEXT / 2);
    }
    graphics.setColor(INK);
    StrokeFont.draw(graphics, title, 16, 26, 1.2 * TEXT, StrokeFont.Weight.BOLD);
    label(graphics, yLabel, 16, TOP - 16);
    label(graphics, xLabel, LEFT, HEIGHT - 14);
    double free = 0; // from where there is room for a count
    for (int value : x) {
      String text = Integer.toString(value);
      double begin = x(value, x) - StrokeFont.width(text, TEXT) / 2;
      if (begin < free) continue;
      label(graphics, text, begin, HEIGHT - BOTTOM + 20);
      free = begin + StrokeFont.width(text, TEXT) + TEXT / 2;
    }
    graphics.setStroke(new BasicStroke(2));
    double[] ends = new double[curves.size()]; // where the names stand
    for (int c = 0; c < ends.length; c++) {
      ends[c] = y(curves.get(c)[x.length - 1], low, high) + TEXT / 2;
    }
    apart(ends, 1.6 * TEXT);
    for (int c = 0; c < curves.size(); c++) {
      double[] values = curves.get(c);
      graphics.setColor(COLOURS.get(c % COLOURS.size()));
      for (int i = 0; i < x.length; i++) {
        double px = x(x[i], x);
        double py = y(values[i], low, high);
        graphics.fill(new Ellipse2D.Double(px - 3, py - 3, 6, 6));
        if (i > 0)
          graphics.draw(new Line2D.Double(x(x[i - 1], x), y(values[i - 1], low, high), px, py));
      }
      label(graphics, names.get(c), WIDTH - RIGHT + 12, ends[c]);
    }
    graphics.dispose();
    return ImageFile.of(paper);
  }

  /** Moves what is closer together than a distance, from the top down. */
  private static void apart(double[] places, double least) {
    double free = Double.NEGATIVE_INFINITY;
    List<Integer> order = IntStream.range(0, places.length).boxed().collect(Collectors.toList());
    order.sort(Comparator.comparingDouble(i -> places[i]));
    for (int i : order) {
      places[i] = Math.max(places[i], free);
      free = places[i] + least;
    }
  }

  /** The least of 1, 2, 5, 10, 20, … and of .5, .2, .1, … that is not below a number above 0. */
  private static double step(double least) {
    double power = Math.pow(10, Math.floor(Math.log10(least)));
    for (double factor : new double[] {1, 2, 5}) {
      if (factor * power >= least) return factor * power;
    }
    return 10 * power;
  }

  private static void label(Graphics2D graphics, String text, double x, double baseline) {
    StrokeFont.draw(graphics, text, x, baseline, TEXT, StrokeFont.Weight.REGULAR);
  }

  private static double x(double value, int[] x) {
    double span = Math.log((double) x[x.length - 1] / x[0]);
    double share = span == 0 ? 0.5 : Math.log(value / x[0]) / span;
    return LEFT + share * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double value, double low, double high) {
    return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM);
  }
}
