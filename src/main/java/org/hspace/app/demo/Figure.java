package org.hspace.app.demo;

import java.util.List;
import org.hspace.image.RgbImage;

/**
 * A picture of the demonstration.
 *
 * @param name of its file, without suffix
 * @param heading of its part of the page
 * @param caption what is to be seen, in a sentence or two
 * @param commands that make such a picture, one a line; none where it takes more than that
 * @param image the captioned sheet
 * @param onPoster whether it is part of the poster
 */
public record Figure(
    String name,
    String heading,
    String caption,
    List<String> commands,
    RgbImage image,
    boolean onPoster) {

  public Figure {
    commands = List.copyOf(commands);
  }

  /** A figure that its name is the heading of, without commands. */
  public Figure(String name, String caption, RgbImage image, boolean onPoster) {
    this(name, headingOf(name), caption, List.of(), image, onPoster);
  }

  /** The same with commands. */
  Figure withCommands(String... lines) {
    return new Figure(name, heading, caption, List.of(lines), image, onPoster);
  }

  /** The same under another heading. */
  Figure withHeading(String text) {
    return new Figure(name, text, caption, commands, image, onPoster);
  }

  private static String headingOf(String name) {
    return Character.toUpperCase(name.charAt(0)) + name.substring(1).replace('-', ' ');
  }
}
