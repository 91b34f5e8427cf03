package org.hspace.app.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.io.AtomicFile;

/**
 * Puts the panels' figures into a folder: a PNG each, a poster of the main ones, and a page with
 * all of them.
 */
public final class Report {
  private final Path folder;
  private final List<Figure> figures = new ArrayList<>();

  /** A report in an existing folder. */
  public Report(Path folder) {
    this.folder = folder;
  }

  /** Adds a figure and writes its picture. */
  public void add(Figure figure) {
    figures.add(figure);
    ImageFile.write(folder.resolve(figure.name() + ".png"), figure.image());
  }

  /**
   * Writes {@code poster.png} and {@code index.html}.
   *
   * @param title of the page
   * @param facts lines below the title
   */
  public void finish(String title, List<String> facts) {
    List<RgbImage> poster = figures.stream().filter(Figure::onPoster).map(Figure::image).toList();
    ImageFile.write(folder.resolve("poster.png"), Sheet.stack(poster));
    AtomicFile.write(folder.resolve("index.html"), page(title, facts));
  }

  private String page(String title, List<String> facts) {
    StringBuilder html = new StringBuilder();
    html.append(
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <title>%1$s</title>
        <style>
        body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        figure { margin: 2.5rem 0; } img { max-width: 100%%; } figcaption { color: #555; }
        </style></head><body>
        <h1>%1$s</h1>
        """
            .formatted(escaped(title)));
    for (String fact : facts) {
      html.append("<p>").append(escaped(fact)).append("</p>\n");
    }
    for (Figure figure : figures) {
      html.append(
          "<figure><img src=\"%s.png\" alt=\"\"><figcaption>%s</figcaption></figure>\n"
              .formatted(figure.name(), escaped(figure.caption())));
    }
    return html.append("</body></html>\n").toString();
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
