package org.hspace.image;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.hspace.io.TextFile;
import org.hspace.nativelib.HspaceException;

/**
 * Masks as a user names them:
 *
 * <ul>
 *   <li>{@code x,y,w,h}: a rectangle of pixels, (0, 0) the left upper corner;
 *   <li>{@code FILE.png}: white, or any value of at least half, is inside;
 *   <li>{@code FILE.json:REGION}: a named region of a segmentation file {@code {"image":
 *       "labels.png", "regions": {"mouth": [11, 12], "eyes": {"rectangle": [18, 24, 28, 9]}}}},
 *       whose numbers are grey values (0 to 255) of the image beside it.
 * </ul>
 */
public final class MaskFile {
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

  private static float[] inside(String text, int height, int width) {
    if (text.matches("\\s*-?\\d{1,18}\\s*(,\\s*-?\\d{1,18}\\s*){3}")) {
      long[] corner =
          Arrays.stream(text.split(",")).map(String::trim).mapToLong(Long::parseLong).toArray();
      return rectangle(text, corner, height, width);
    }
    int colon = text.lastIndexOf(':');
    if (colon > 0 && text.substring(0, colon).endsWith(".json")) {
      return region(
          text, Path.of(text.substring(0, colon)), text.substring(colon + 1), height, width);
    }
    if (text.endsWith(".json")) {
      throw new HspaceException("mask " + text + ": expected FILE.json:REGION");
    }
    float[] levels = levels(Path.of(text), height, width);
    for (int i = 0; i < levels.length; i++) levels[i] = levels[i] >= 127.5f ? 1 : 0;
    return levels;
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

  /** Grey values (H·W) in [0, 255] of an image that must have the model's size. */
  private static float[] levels(Path file, int height, int width) {
    RgbImage image = ImageFile.read(file);
    if (image.width() != width || image.height() != height) {
      throw new HspaceException(
          "mask %s: expected %d x %d pixels like the model's images, found %d x %d"
              .formatted(file, width, height, image.width(), image.height()));
    }
    float[] levels = new float[height * width];
    for (int channel = 0; channel < RgbImage.CHANNELS; channel++) {
      for (int i = 0; i < levels.length; i++) {
        levels[i] += (image.values()[channel * levels.length + i] + 1) * 127.5f / RgbImage.CHANNELS;
      }
    }
    return levels;
  }

  private static float[] region(String text, Path file, String name, int height, int width) {
    try {
      JsonObject json = JsonParser.parseString(TextFile.read(file)).getAsJsonObject();
      JsonObject regions = json.getAsJsonObject("regions");
      if (regions == null) throw new HspaceException(file + ": expected the key \"regions\"");
      JsonElement region = regions.get(name);
      if (region == null) {
        throw new HspaceException(
            "mask "
                + text
                + ": expected one of the regions "
                + String.join(", ", regions.keySet()));
      }
      if (region.isJsonObject()) {
        return rectangle(
            text, integers(region.getAsJsonObject().getAsJsonArray("rectangle"), 4), height, width);
      }
      Set<Long> wanted = new HashSet<>();
      if (region.isJsonArray()) {
        for (long value : integers(region.getAsJsonArray(), region.getAsJsonArray().size()))
          wanted.add(value);
      } else {
        wanted.add(region.getAsLong());
      }
      Path image = file.resolveSibling(json.get("image").getAsString());
      float[] levels = levels(image, height, width);
      for (int i = 0; i < levels.length; i++)
        levels[i] = wanted.contains((long) Math.round(levels[i])) ? 1 : 0;
      return levels;
    } catch (JsonParseException
        | IllegalStateException
        | ClassCastException
        | NullPointerException
        | UnsupportedOperationException
        | NumberFormatException e) {
      throw new HspaceException(
          file
              + ": expected {\"image\": \"labels.png\", \"regions\": {NAME: grey value, list of them, or"
              + " {\"rectangle\": [x, y, w, h]}}}",
          e);
    }
  }

  private static long[] integers(JsonArray array, int count) {
    if (array.size() != count) throw new IllegalStateException("expected " + count + " numbers");
    long[] values = new long[count];
    for (int i = 0; i < count; i++) values[i] = array.get(i).getAsLong();
    return values;
  }
}
