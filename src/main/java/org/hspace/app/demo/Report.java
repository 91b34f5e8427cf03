package org.hspace.app.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
  private final Map<String, String> made;
  private final List<Figure> figures = new ArrayList<>();

  /**
   * A report in an existing folder.
   *
   * @param made what its pictures say of how they were made, by keywords
   */
  public Report(Path folder, Map<String, String> made) {
    this.folder = folder;
    this.made = made;
  }

  /** Adds a figure and writes its picture. */
  public void add(Figure figure) {
    figures.add(figure);
    ImageFile.write(folder.resolve(figure.name() + ".png"), figure.image(), made);
  }

  /**
   * Writes {@code poster.png} and {@code index.html}.
   *
   * @param title of the page
   * @param facts lines below the title
   */
  public void finish(String title, List<String> facts) {
    List<RgbImage> poster = figures.stream().filter(Figure::onPoster).map(Figure::image).toList();
    ImageFile.write(folder.resolve("poster.png"), Sheet.stack(poster), made);
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
        figure { margin: 1rem 0 2.5rem; } img { max-width: 100%%; } figcaption { color: #555; }
        h2 { margin: 2.5rem 0 0; font-size: 1.2rem; } pre { overflow-x: auto; background: #f4f4f4; padding: .6rem; font-size: .85rem; }
        </style></head><body>
        <h1>%1$s</h1>
        """
            .formatted(escaped(title)));
    for (String fact : facts) {
      html.append("<p>").append(escaped(fact)).append("</p>\n");
    }
    html.append("<p><a href=\"poster.png\">The poster</a> has the main pictures in one.</p>\n");
    for (Figure figure : figures) {
      html.append(
          "<h2 id=\"%1$s\">%2$s</h2>\n".formatted(figure.name(), escaped(figure.heading())));
      html.append(
          "<figure><a href=\"%1$s.png\"><img src=\"%1$s.png\" alt=\"%2$s\"></a><figcaption>%3$s</figcaption></figure>\n"
              .formatted(
                  figure.name(),
                  escaped(figure.heading() + ". " + figure.caption()),
                  escaped(figure.caption())));
      if (!figure.commands().isEmpty())
        html.append("<pre>%s</pre>\n".formatted(escaped(String.join("\n", figure.commands()))));
    }
    return html.append("</body></html>\n").toString();
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
