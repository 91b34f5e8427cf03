package org.hspace.app.demo;

import org.hspace.image.RgbImage;

/**
 * A picture of the demonstration.
 *
 * @param name of its file, without suffix
 * @param caption what is to be seen, in a sentence or two
 * @param image the captioned sheet
 * @param onPoster whether it is part of the poster
 */
public record Figure(String name, String caption, RgbImage image, boolean onPoster) {}
