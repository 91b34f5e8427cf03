package org.hspace.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.hspace.HspaceException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pictures that Pillow wrote, and the colours that it finds in them; by make_pictures.py. */
class PicturesAsTheyAreTest {
  private static final Path FOLDER = Path.of("src/test/resources/golden/pictures");
  private static final int WIDTH = 24;
  private static final int HEIGHT = 16;

  /** Of 255: JPEG's rounding, and that of two colour management systems. */
  private static final double TOLERANCE = 4;

  /** Without a profile of its own, CMYK is whatever a printer makes of it: hues, no more. */
  private static final double HUES = 80;

  private static Map<String, JsonElement> expected() throws IOException {
    return JsonParser.parseString(Files.readString(FOLDER.resolve("expected.json")))
        .getAsJsonObject()
        .asMap();
  }

  static Stream<String> shown() throws IOException {
    return expected().entrySet().stream()
        .filter(e -> !e.getValue().isJsonNull())
        .map(Map.Entry::getKey);
  }

  static Stream<String> refused() throws IOException {
    return expected().entrySet().stream()
        .filter(e -> e.getValue().isJsonNull())
        .map(Map.Entry::getKey);
  }

  @ParameterizedTest
  @MethodSource
  void shown(String name) throws IOException {
    RgbImage image = ImageFile.read(FOLDER.resolve(name));
    assertEquals(WIDTH, image.width());
    assertEquals(HEIGHT, image.height());
    for (int corner = 0; corner < 4; corner++) {
      for (int channel = 0; channel < RgbImage.CHANNELS; channel++) {
        double level =
            expected()
                .get(name)
                .getAsJsonArray()
                .get(corner)
                .getAsJsonArray()
                .get(channel)
                .getAsDouble();
        int x = 6 + 12 * (corner % 2);
        int y = 4 + 8 * (corner / 2);
        double found = (image.values()[(channel * HEIGHT + y) * WIDTH + x] + 1) * 127.5;
        assertEquals(level, found, name.startsWith("cmyk") ? HUES : TOLERANCE, name + " " + corner);
      }
    }
  }

  @ParameterizedTest
  @MethodSource
  void refused(String name) {
    String message =
        assertThrows(HspaceException.class, () -> ImageFile.read(FOLDER.resolve(name)))
            .getMessage();
    assertTrue(message.contains(name), message);
    String part =
        Map.of(
                "animated.png", "animation",
                "animated.webp", "2 pictures",
                "pages.tif", "2 pictures or pages",
                "picture.gif", "Graphics Interchange Format",
                "floating.tif", "floating-point")
            .get(name);
    assertTrue(message.contains(part), message);
    assertFalse(message.contains("\n"), message);
  }
}
