package org.hspace.image;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Stroke;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A grid of pictures with captions: a title over all, one caption a column, a row and a cell.
 *
 * <p>Small pictures are enlarged by a whole factor, so that a 64 x 64 face can be looked at. A
 * caption may have several lines; one that is too wide is shortened.
 */
public final class Sheet {
  /** Pictures are enlarged until their longer side has at least this many pixels. */
  private static final int PLEASANT_SIDE = 128;

  private static final int MARGIN = 16;
  private static final int GAP = 4;
  private static final int WIDEST_ROW_CAPTION = 180;
  private static final double LINE_SPACING = 1.75;
  private static final Color PAPER = Color.WHITE;
  private static final Color INK = new Color(0x30343b);
  private static final Color OUTLINE = new Color(0xffe08a);
  private static final Color HEADING = new Color(0x15181d);

  private final int rows;
  private final int columns;
  private final RgbImage[][] cells;
  private final String[][] cellCaptions;
  private List<String> rowCaptions = List.of();
  private List<String> columnCaptions = List.of();
  private String title = "";
  private final float[][] outlined; // of each row (H·W), ones inside, zeros outside; null for none

  /** An empty grid. */
  public Sheet(int rows, int columns) {
    if (rows < 1 || columns < 1) {
      throw new IllegalArgumentException("a sheet of " + rows + " x " + columns + " cells");
    }
    this.rows = rows;
    this.columns = columns;
    cells = new RgbImage[rows][columns];
    outlined = new float[rows][];
    cellCaptions = new String[rows][columns];
  }

  /**
   * A grid of pictures in reading order, each with its caption: from square to three times as wide
   * as high, and of those shapes the one with the fullest last row, the squarest where several are
   * full.
   */
  public static Sheet of(List<RgbImage> pictures, List<String> captions) {
    int columns = balancedColumns(pictures.size());
    Sheet sheet = new Sheet((pictures.size() + columns - 1) / columns, columns);
    for (int i = 0; i < pictures.size(); i++) {
      sheet.set(i / columns, i % columns, pictures.get(i));
      sheet.cellCaptions[i / columns][i % columns] = captions.get(i);
    }
    return sheet;
  }

  /** How many pictures of n lie in a row. */
  static int balancedColumns(int n) {
    int square = (int) Math.ceil(Math.sqrt(n));
    int best = square;
    for (int columns = square; columns * columns <= 3 * n && columns <= n; columns++) {
      if (empty(n, columns) < empty(n, best)) best = columns;
    }
    return best;
  }

  /** Cells of the last row that have no picture. */
  private static int empty(int n, int columns) {
    return (columns - n % columns) % columns;
  }

  /** Sets the line over the grid. */
  public Sheet title(String text) {
    title = text;
    return this;
  }

  /** Sets the captions above the columns. */
  public Sheet columns(List<String> captions) {
    columnCaptions = List.copyOf(captions);
    return this;
  }

  /** Sets the captions left of the rows. */
  public Sheet rows(List<String> captions) {
    rowCaptions = List.copyOf(captions);
    return this;
  }

  /**
   * Draws the outline of a mask on every picture of its size.
   *
   * @param inside its pixels row by row (H·W), ones inside and zeros outside
   */
  public Sheet outline(float[] inside) {
    Arrays.fill(outlined, inside);
    return this;
  }

  /** The same on the pictures of one row; null for none. */
  public Sheet outline(int row, float[] inside) {
    outlined[row] = inside;
    return this;
  }

  /** Puts a picture in a cell; cells may be left empty. */
  public Sheet set(int row, int column, RgbImage picture) {
    cells[row][column] = picture;
    return this;
  }

  /** Sheets below one another, left edges aligned. */
  public static RgbImage stack(List<RgbImage> sheets) {
    int width = sheets.stream().mapToInt(RgbImage::width).max().orElseThrow();
    int height = sheets.stream().mapToInt(RgbImage::height).sum();
    BufferedImage paper = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = paper.createGraphics();
    graphics.setColor(PAPER);
    graphics.fillRect(0, 0, width, height);
    int y = 0;
    for (RgbImage sheet : sheets) {
      graphics.drawImage(ImageFile.buffered(sheet), 0, y, null);
      y += sheet.height();
    }
    graphics.dispose();
    return ImageFile.of(paper);
  }

  /** Draws the sheet. */
  public RgbImage render() {
    return ImageFile.of(new Layout().draw());
  }

  /** Sizes in pixels, all derived from the largest picture. */
  private final class Layout {
    final int scale;
    final int cellWidth;
    final int cellHeight;
    final double text;
    final int line;
    final int left;
    final int top;
    final int below;

    Layout() {
      int widest = 1;
      int highest = 1;
      for (RgbImage[] row : cells) {
        for (RgbImage picture : row) {
          widest = Math.max(widest, picture == null ? 1 : picture.width());
          highest = Math.max(highest, picture == null ? 1 : picture.height());
        }
      }
      scale = Math.max(1, Math.round((float) PLEASANT_SIDE / Math.max(widest, highest)));
      cellWidth = widest * scale;
      cellHeight = highest * scale;
      text = Math.min(14, Math.max(8.5, cellHeight / 15.0));
      line = (int) Math.round(text * LINE_SPACING);
      double widestCaption =
          rowCaptions.stream()
              .flatMap(String::lines)
              .mapToDouble(caption -> StrokeFont.width(caption, text))
              .max()
              .orElse(0);
      int captionWidth = (int) Math.ceil(Math.min(WIDEST_ROW_CAPTION, widestCaption));
      left = MARGIN + (captionWidth == 0 ? 0 : captionWidth + 12);
      top =
          MARGIN
              + (title.isEmpty() ? 0 : (int) Math.round(1.3 * text * LINE_SPACING) + 6)
              + lines(columnCaptions) * line
              + (lines(columnCaptions) > 0 ? 2 : 0);
      below = lines(allCellCaptions()) * line;
    }

    BufferedImage draw() {
      int width = left + columns * (cellWidth + GAP) - GAP + MARGIN;
      if (!title.isEmpty()) {
        width = Math.max(width, (int) StrokeFont.width(title, 1.3 * text) + 2 * MARGIN);
      }
      int height = top + rows * (cellHeight + below + GAP) - GAP + MARGIN;
      BufferedImage paper = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
      Graphics2D graphics = paper.createGraphics();
      graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      graphics.setRenderingHint(
          RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
      graphics.setColor(PAPER);
      graphics.fillRect(0, 0, width, height);
      drawCaptions(graphics);
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          drawCell(graphics, row, column);
        }
      }
      graphics.dispose();
      return paper;
    }

    private void drawCaptions(Graphics2D graphics) {
      graphics.setColor(HEADING);
      StrokeFont.draw(
          graphics, title, MARGIN, MARGIN + 1.3 * text, 1.3 * text, StrokeFont.Weight.BOLD);
      graphics.setColor(INK);
      for (int column = 0; column < columnCaptions.size(); column++) {
        int first = top - line * lines(List.of(columnCaptions.get(column)));
        drawCentred(graphics, columnCaptions.get(column), x(column), first);
      }
      for (int row = 0; row < rowCaptions.size(); row++) {
        List<String> wrapped = rowCaptions.get(row).lines().toList();
        double baseline = y(row) + (cellHeight - wrapped.size() * line) / 2.0 + (line + text) / 2;
        for (String caption : wrapped) {
          String shown = StrokeFont.shorten(caption, text, left - 12.0 - MARGIN + 1);
          double end = left - 12;
          StrokeFont.draw(
              graphics,
              shown,
              end - StrokeFont.width(shown, text),
              baseline,
              text,
              StrokeFont.Weight.REGULAR);
          baseline += line;
        }
      }
    }

    private void drawCell(Graphics2D graphics, int row, int column) {
      RgbImage picture = cells[row][column];
      if (picture == null) {
        return;
      }
      RgbImage large = picture.resize(picture.width() * scale, picture.height() * scale);
      int x = x(column) + (cellWidth - large.width()) / 2;
      int y = y(row) + (cellHeight - large.height()) / 2;
      graphics.drawImage(ImageFile.buffered(large), x, y, null);
      float[] inside = outlined[row];
      if (inside != null && inside.length == picture.width() * picture.height()) {
        drawOutline(graphics, picture, inside, x, y);
      }
      if (cellCaptions[row][column] != null) {
        drawCentred(graphics, cellCaptions[row][column], x(column), y(row) + cellHeight);
      }
    }

    /** A light line on a dark one, along every edge between a pixel inside and one outside. */
    private void drawOutline(Graphics2D graphics, RgbImage picture, float[] inside, int x, int y) {
      int width = picture.width();
      int height = picture.height();
      Path2D edges = new Path2D.Double();
      for (int row = 0; row < height; row++) {
        for (int column = 0; column < width; column++) {
          if (inside[row * width + column] == 0) continue;
          double left = x + (double) column * scale;
          double top = y + (double) row * scale;
          if (row == 0 || inside[(row - 1) * width + column] == 0)
            line(edges, left, top, left + scale, top);
          if (row == height - 1 || inside[(row + 1) * width + column] == 0)
            line(edges, left, top + scale, left + scale, top + scale);
          if (column == 0 || inside[row * width + column - 1] == 0)
            line(edges, left, top, left, top + scale);
          if (column == width - 1 || inside[row * width + column + 1] == 0)
            line(edges, left + scale, top, left + scale, top + scale);
        }
      }
      Stroke before = graphics.getStroke();
      Color ink = graphics.getColor();
      graphics.setColor(new Color(0, 0, 0, 140));
      graphics.setStroke(new BasicStroke(2.2f));
      graphics.draw(edges);
      graphics.setColor(OUTLINE);
      graphics.setStroke(new BasicStroke(1));
      graphics.draw(edges);
      graphics.setStroke(before);
      graphics.setColor(ink);
    }

    private static void line(Path2D path, double x, double y, double toX, double toY) {
      path.moveTo(x, y);
      path.lineTo(toX, toY);
    }

    /** Lines of a caption centred on a column, the first one right below {@code top}. */
    private void drawCentred(Graphics2D graphics, String caption, int x, int top) {
      double baseline = top + (line + text) / 2 - 1;
      for (String each : caption.lines().toList()) {
        String shown = StrokeFont.shorten(each, text, cellWidth);
        double at = x + (cellWidth - StrokeFont.width(shown, text)) / 2;
        StrokeFont.draw(graphics, shown, at, baseline, text, StrokeFont.Weight.REGULAR);
        baseline += line;
      }
    }

    private int x(int column) {
      return left + column * (cellWidth + GAP);
    }

    private int y(int row) {
      return top + row * (cellHeight + below + GAP);
    }
  }

  private List<String> allCellCaptions() {
    List<String> captions = new ArrayList<>();
    for (String[] row : cellCaptions) {
      Arrays.stream(row).filter(caption -> caption != null).forEach(captions::add);
    }
    return captions;
  }

  private static int lines(List<String> captions) {
    return (int) captions.stream().mapToLong(caption -> caption.lines().count()).max().orElse(0);
  }
}
