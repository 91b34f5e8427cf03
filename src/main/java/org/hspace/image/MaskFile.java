package org.hspace.image;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.io.JsonFields;
import org.hspace.io.PathText;

/**
 * Masks as a user names them:
 *
 * <ul>
 *   <li>{@code x,y,w,h}: a rectangle of pixels, (0, 0) the left upper corner;
 *   <li>{@code FILE.png}: of a grey picture what is at least half white is inside, of one with
 *       colours (labels of a segmentation, say) all that is not black; transparent is outside;
 *   <li>{@code FILE.json:REGION}: a named region of a segmentation file {@code {"image":
 *       "labels.png", "regions": {"mouth": [11, 12], "eyes": {"rectangle": [18, 24, 28, 9]}}}},
 *       whose numbers (0 to 255) are those of the image beside it: indices of an indexed one, else
 *       grey values.
 * </ul>
 */
public final class MaskFile {
  private static final int GREYEST = 255;

  /** Channels that differ by this much are a colour, not the noise of a JPEG file. */
  private static final int COLOURED = 32;

  private static final int NOT_BLACK = 16;
  private static final int HALF = 128;
  private static final String RECTANGLE = "\\s*-?\\d{1,18}\\s*(,\\s*-?\\d{1,18}\\s*){3}";

  private MaskFile() {}

  /**
   * Reads a mask.
   *
   * @param text one of the forms above
   * @param height of the model's images, in pixels; a mask of another size is refused
   * @param width likewise
   * @return zeros and ones (1, 1, H, W), float32
   * @throws HspaceException naming what is wrong, also when the mask is empty
   */
  public static Tensor read(String text, int height, int width) {
    float[] inside = inside(text, height, width);
    boolean any = false;
    for (float value : inside) any |= value != 0;
    if (!any)
      throw new HspaceException(
          "mask " + text + ": expected at least one pixel inside, found none");
    return Tensor.create(inside, 1, 1, height, width);
  }

  /** The file that a mask is read from; none for a rectangle. */
  public static Optional<Path> file(String text) {
    if (text.matches(RECTANGLE)) return Optional.empty();
    int colon = text.lastIndexOf(':');
    boolean region = colon > 0 && text.substring(0, colon).endsWith(".json");
    return Optional.of(PathText.parse(region ? text.substring(0, colon) : text));
  }

  /**
   * The pixels of a mask, row by row (H·W): ones inside, zeros outside.
   *
   * @throws HspaceException naming what is wrong
   */
  public static float[] inside(String text, int height, int width) {
    if (text.matches(RECTANGLE)) {
      long[] corner =
          Arrays.stream(text.split(",")).map(String::trim).mapToLong(Long::parseLong).toArray();
      return rectangle(text, corner, height, width);
    }
    int colon = text.lastIndexOf(':');
    if (colon > 0 && text.substring(0, colon).endsWith(".json")) {
      return region(
          text, PathText.parse(text.substring(0, colon)), text.substring(colon + 1), height, width);
    }
    if (text.endsWith(".json")) {
      throw new HspaceException("mask " + text + ": expected FILE.json:REGION");
    }
    return picture(PathText.parse(text), height, width);
  }

  private static float[] picture(Path file, int height, int width) {
    RgbImage image = ImageFile.read(file, 0);
    checkSize(file, image.width(), image.height(), height, width);
    int plane = height * width;
    int[] most = new int[plane];
    boolean coloured = false;
    for (int i = 0; i < plane; i++) {
      int least = 255;
      for (int channel = 0; channel < RgbImage.CHANNELS; channel++) {
        int level = Math.round((image.values()[channel * plane + i] + 1) * 127.5f);
        most[i] = Math.max(most[i], level);
        least = Math.min(least, level);
      }
      coloured |= most[i] - least >= COLOURED;
    }
    float[] inside = new float[plane];
    for (int i = 0; i < plane; i++) inside[i] = most[i] >= (coloured ? NOT_BLACK : HALF) ? 1 : 0;
    return inside;
  }

  private static float[] rectangle(String text, long[] corner, int height, int width) {
    long right = corner[0] + corner[2];
    long bottom = corner[1] + corner[3];
    if (corner[0] < 0
        || corner[1] < 0
        || corner[2] < 1
        || corner[3] < 1
        || right > width
        || bottom > height) {
      throw new HspaceException(
          "mask %s: expected a rectangle x,y,w,h inside %d x %d pixels"
              .formatted(text, width, height));
    }
    float[] inside = new float[height * width];
    for (int row = (int) corner[1]; row < bottom; row++)
      Arrays.fill(inside, row * width + (int) corner[0], (int) (row * width + right), 1);
    return inside;
  }

  private static void checkSize(Path file, int foundWidth, int foundHeight, int height, int width) {
    if (foundWidth != width || foundHeight != height) {
      throw new HspaceException(
          "mask %s: expected %d x %d pixels like the model's images, found %d x %d"
              .formatted(file, width, height, foundWidth, foundHeight));
    }
  }

  private static float[] region(String text, Path file, String name, int height, int width) {
    JsonFields json = JsonFields.read(file);
    JsonFields regions = json.object("regions");
    if (!regions.has(name)) {
      throw new HspaceException(
          "mask " + text + ": expected one of the regions " + String.join(", ", regions.keys()));
    }
    long[] wanted;
    switch (regions.kind(name)) {
      case OBJECT -> {
        JsonFields region = regions.object(name);
        long[] corner = region.integers("rectangle", 0, Integer.MAX_VALUE);
        if (corner.length != 4) throw region.error("rectangle", "[x, y, w, h]");
        return rectangle(text, corner, height, width);
      }
      case LIST -> wanted = regions.integers(name, 0, GREYEST);
      case NUMBER -> wanted = new long[] {regions.integer(name, 0, GREYEST)};
      default ->
          throw regions.error(
              name, "a grey value, a list of them, or {\"rectangle\": [x, y, w, h]}");
    }
    Path picture = sibling(file, json);
    ImageFile.Labels labels = ImageFile.readLabels(picture);
    checkSize(picture, labels.width(), labels.height(), height, width);
    float[] inside = new float[height * width];
    for (int i = 0; i < inside.length; i++) {
      int number = labels.numbers()[i];
      inside[i] = LongStream.of(wanted).anyMatch(value -> value == number) ? 1 : 0;
    }
    return inside;
  }

  /** The image that the numbers of a segmentation are grey values of. */
  private static Path sibling(Path file, JsonFields json) {
    try {
      return file.resolveSibling(json.text("image"));
    } catch (InvalidPathException e) {
      throw json.error("image", "the name of a file");
    }
  }
}
