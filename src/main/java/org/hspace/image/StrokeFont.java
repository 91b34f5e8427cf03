package org.hspace.image;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.Stroke;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The captions' own font, drawn with strokes.
 *
 * <p>Java's text drawing needs a font configuration and at least one installed font, which small
 * servers and containers lack; shapes need neither, and look the same on every machine.
 */
final class StrokeFont {
  /** Height of a capital in the glyphs' units. */
  private static final double CAPITAL = 70;

  /** Space between the words, in the glyphs' units. */
  private static final double SPACE = 28;

  /** Stroke widths as a share of a capital's height. */
  enum Weight {
    REGULAR(0.115),
    BOLD(0.17);

    private final double share;

    Weight(double share) {
      this.share = share;
    }
  }

  private record Glyph(double advance, Path2D path) {}

  /** What an unknown character looks like: an empty box. */
  private static final Glyph UNKNOWN = parse("48 M 10 0 L 10 70 L 38 70 L 38 0 L 10 0");

  private static final Map<Integer, Glyph> GLYPHS = load();

  private StrokeFont() {}

  /**
   * Width of a text in pixels.
   *
   * @param height of a capital, in pixels
   */
  static double width(String text, double height) {
    double units = text.codePoints().mapToDouble(StrokeFont::advance).sum();
    return units * height / CAPITAL;
  }

  /** Whether the font has a glyph for a character; one that it lacks is drawn as an empty box. */
  static boolean has(int character) {
    return GLYPHS.containsKey(character);
  }

  /** The text, shortened with an ellipsis until it is at most {@code width} pixels wide. */
  static String shorten(String text, double height, double width) {
    if (width(text, height) <= width) {
      return text;
    }
    int end = text.length();
    while (end > 0 && width(text.substring(0, end) + "…", height) > width) {
      end = text.offsetByCodePoints(end, -1);
    }
    return text.substring(0, end).stripTrailing() + "…";
  }

  /**
   * Draws a text in the graphics' colour.
   *
   * @param x left edge, in pixels
   * @param baseline in pixels, downwards
   * @param height of a capital, in pixels
   */
  static void draw(
      Graphics2D graphics, String text, double x, double baseline, double height, Weight weight) {
    double scale = height / CAPITAL;
    Stroke before = graphics.getStroke();
    graphics.setStroke(
        new BasicStroke(
            (float) Math.max(1.0, weight.share * height),
            BasicStroke.CAP_ROUND,
            BasicStroke.JOIN_ROUND));
    double pen = x;
    for (int character : text.codePoints().toArray()) {
      if (!Character.isWhitespace(character)) {
        Glyph glyph = GLYPHS.getOrDefault(character, UNKNOWN);
        AffineTransform place = new AffineTransform(scale, 0, 0, -scale, pen, baseline);
        graphics.draw(glyph.path.createTransformedShape(place));
      }
      pen += advance(character) * scale;
    }
    graphics.setStroke(before);
  }

  private static double advance(int character) {
    return Character.isWhitespace(character)
        ? SPACE
        : GLYPHS.getOrDefault(character, UNKNOWN).advance;
  }

  private static Map<Integer, Glyph> load() {
    Map<Integer, Glyph> glyphs = new HashMap<>();
    try (InputStream stream = StrokeFont.class.getResourceAsStream("stroke-font.txt");
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isEmpty() && !line.startsWith("//")) {
          int character = line.codePointAt(0);
          glyphs.put(character, parse(line.substring(Character.charCount(character) + 1)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return glyphs;
  }

  /** Reads "ADVANCE PATH". */
  private static Glyph parse(String text) {
    String[] words = text.split(" ");
    Path2D path = new Path2D.Double();
    int at = 1;
    while (at < words.length) {
      String command = words[at++];
      double[] p = new double[command.equals("C") ? 6 : command.equals("E") ? 4 : 2];
      for (int i = 0; i < p.length; i++) {
        p[i] = Double.parseDouble(words[at++]);
      }
      switch (command) {
        case "M" -> path.moveTo(p[0], p[1]);
        case "L" -> path.lineTo(p[0], p[1]);
        case "C" -> path.curveTo(p[0], p[1], p[2], p[3], p[4], p[5]);
        case "E" ->
            path.append(new Ellipse2D.Double(p[0] - p[2], p[1] - p[3], 2 * p[2], 2 * p[3]), false);
        default -> throw new IllegalArgumentException("unknown path command " + command);
      }
    }
    return new Glyph(Double.parseDouble(words[0]), path);
  }
}
