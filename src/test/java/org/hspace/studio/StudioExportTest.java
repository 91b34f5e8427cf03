package org.hspace.studio;

import static org.hspace.studio.StudioApiTest.distance;
import static org.hspace.studio.StudioApiTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.hspace.pipeline.DirectionSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What can be taken away of an edit. */
final class StudioExportTest extends StudioTest {
  private static final int FRAMES = 40; // 21 there, 19 back

  private static final String ONE =
      "\"edits\": [{\"direction\": \"workspace:found.safetensors:pc0\", \"strength\": -2}]";
  private static final String TWO =
      ONE.replace(
          "}]", "}, {\"direction\": \"workspace:found.safetensors:pc1\", \"strength\": 1.5}]");

  private String session;

  @BeforeEach
  void save() throws IOException {
    saveComponents("found.safetensors");
    session = "/api/sessions/" + client.session(3);
  }

  private Client.Answer export(String what, String edits) {
    return client.post(session + "/export", "{\"what\": " + what + ", " + edits + "}");
  }

  @Test
  void thePictureIsTheOneThatIsShown() {
    Client.Answer file = export("\"picture\"", TWO);
    assertTrue(file.type().startsWith("image/png"), file.type());
    int[][] shown = client.post(session + "/pictures", "{\"columns\": [{" + TWO + "}]}").pictures();
    assertTrue(distance(shown[0], file.pictures()[0]) <= 1);
    String text = new String(file.body(), StandardCharsets.ISO_8859_1);
    for (String part : new String[] {"Software\0hspace ", "Images\0seed 3", model.hash()})
      assertTrue(text.contains(part), part);
    int[][] plain =
        client.post(session + "/pictures", "{\"columns\": [{\"edits\": []}]}").pictures();
    assertTrue(distance(plain[0], export("\"picture\"", "\"edits\": []").pictures()[0]) <= 1);
  }

  @Test
  void aGridHasARowForEachDirection() throws IOException {
    BufferedImage one = ImageIO.read(new ByteArrayInputStream(export("\"grid\"", ONE).body()));
    BufferedImage two = ImageIO.read(new ByteArrayInputStream(export("\"grid\"", TWO).body()));
    assertTrue(one.getWidth() > 4 * one.getHeight() / 2, one.getWidth() + " x " + one.getHeight());
    assertTrue(two.getHeight() > one.getHeight());
  }

  @Test
  void aSweepGoesThereAndBack() throws IOException {
    Client.Answer gif = export("\"sweep\", \"format\": \"gif\"", ONE);
    assertTrue(gif.type().startsWith("image/gif"), gif.type());
    try (ImageInputStream in =
        ImageIO.createImageInputStream(new ByteArrayInputStream(gif.body()))) {
      Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("gif");
      ImageReader reader = readers.next();
      reader.setInput(in);
      assertEquals(FRAMES, reader.getNumImages(true));
      assertFalse(same(reader.read(0), reader.read(20)));
      assertTrue(same(reader.read(1), reader.read(FRAMES - 1)));
    }
    Client.Answer png = export("\"sweep\"", TWO);
    assertTrue(png.type().startsWith("image/png"), png.type());
    int control = new String(png.body(), StandardCharsets.ISO_8859_1).indexOf("acTL");
    assertEquals(FRAMES, ByteBuffer.wrap(png.body()).getInt(control + 4));
  }

  private static boolean same(BufferedImage a, BufferedImage b) {
    int[] pixels = a.getRGB(0, 0, a.getWidth(), a.getHeight(), null, 0, a.getWidth());
    int[] others = b.getRGB(0, 0, b.getWidth(), b.getHeight(), null, 0, b.getWidth());
    return java.util.Arrays.equals(pixels, others);
  }

  @Test
  void aDirectionFileIsTheEditAtStrengthOne() throws IOException {
    Path file = temporary.resolve("taken.safetensors");
    Files.write(file, export("\"direction\"", TWO).body());
    try (DirectionSet taken = DirectionSet.open(file, model)) {
      assertEquals(1, taken.suggestedStrength(0).orElseThrow());
    }
    client.post(session + "/save", "{\"name\": \"edit\", " + TWO + "}");
    assertArrayEquals(
        Files.readAllBytes(workspace.resolve("edit.safetensors")), Files.readAllBytes(file));
  }

  @Test
  void whatCannotBeMadeIsRefused() {
    for (String what : new String[] {"\"grid\"", "\"sweep\"", "\"direction\""})
      refused(400, export(what, "\"edits\": []"), "edits", "at least one");
    refused(400, export("\"film\"", ONE), "what");
    refused(400, export("\"sweep\", \"format\": \"mp4\"", ONE), "format");
    refused(400, export("\"picture\"", TWO.replace("1.5}", "1.5, \"to\": 0.5}")), "one window");
  }
}
