package org.hspace.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.hspace.nativelib.HspaceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFileTest {
  @TempDir Path folder;

  static RgbImage noise(int width, int height, long seed) {
    Random random = new Random(seed);
    float[] values = new float[RgbImage.CHANNELS * width * height];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return new RgbImage(width, height, values);
  }

  private String refusal(Path file) {
    return assertThrows(HspaceException.class, () -> ImageFile.read(file)).getMessage();
  }

  @Test
  void pngKeepsEightBitsExactly() {
    Path file = folder.resolve("a.png");
    RgbImage image = noise(13, 7, 1);
    ImageFile.write(file, image);
    RgbImage read = ImageFile.read(file);
    assertEquals(13, read.width());
    assertEquals(7, read.height());
    assertArrayEquals(image.quantized().values(), read.values());
    for (int i = 0; i < read.values().length; i++) {
      assertEquals(image.values()[i], read.values()[i], 0.5 / 127.5 + 1e-6);
    }
  }

  @Test
  void valuesBeyondTheRangeAreCutOff() {
    Path file = folder.resolve("a.png");
    ImageFile.write(file, new RgbImage(1, 1, new float[] {-7, 7, 0}));
    float[] values = ImageFile.read(file).values();
    assertEquals(-1, values[0]);
    assertEquals(1, values[1]);
    assertEquals(0, values[2], 0.005);
  }

  @Test
  void jpegIsCloseOnSmoothPictures() {
    Path file = folder.resolve("a.JPG");
    float[] values = new float[3 * 32 * 32];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i % 32) / 16f - 1;
    }
    ImageFile.write(file, new RgbImage(32, 32, values));
    float[] read = ImageFile.read(file).values();
    for (int i = 0; i < values.length; i++) {
      assertEquals(values[i], read[i], 0.06);
    }
  }

  @Test
  void greyLevelsStayWhatTheyAre() throws IOException {
    Path file = folder.resolve("grey.png");
    BufferedImage grey = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
    for (int x = 0; x < 256; x++) {
      grey.getRaster().setSample(x, 0, 0, x);
    }
    ImageIO.write(grey, "png", file.toFile());
    RgbImage read = ImageFile.read(file);
    for (int x = 0; x < 256; x++) {
      for (int channel = 0; channel < 3; channel++) {
        assertEquals(x / 127.5f - 1, read.values()[channel * 256 + x], 1e-6);
      }
    }
  }

  @Test
  void transparencyLiesOverWhite() throws IOException {
    Path file = folder.resolve("alpha.png");
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x00ff0000);
    image.setRGB(1, 0, 0xffff0000);
    ImageIO.write(image, "png", file.toFile());
    assertArrayEquals(new float[] {1, 1, 1, -1, 1, -1}, ImageFile.read(file).values());
  }

  @Test
  void unreadableFilesAreNamedWithTheReason() throws IOException {
    Path missing = folder.resolve("missing.png");
    assertEquals("cannot read image " + missing + ": no such file", refusal(missing));
    assertTrue(refusal(folder).endsWith("not a file"));
    Path text = folder.resolve("text.png");
    Files.writeString(text, "no image");
    assertEquals("cannot read image " + text + ": expected a PNG or JPEG file", refusal(text));
    Path empty = folder.resolve("empty.png");
    Files.createFile(empty);
    assertTrue(refusal(empty).contains(empty.toString()));
  }

  @Test
  void cutOffFilesAreRefused() throws IOException {
    for (String suffix : new String[] {"png", "jpg"}) {
      Path whole = folder.resolve("whole." + suffix);
      ImageFile.write(whole, noise(64, 64, 2));
      byte[] bytes = Files.readAllBytes(whole);
      for (int percent : new int[] {5, 30, 60, 90}) {
        Path cut = folder.resolve("cut." + suffix);
        Files.write(cut, Arrays.copyOf(bytes, bytes.length * percent / 100));
        String message = refusal(cut);
        assertTrue(message.startsWith("cannot read image " + cut + ": "), message);
        assertFalse(message.contains("\n"), message);
      }
    }
  }

  @Test
  void anUnknownSuffixIsNamedBeforeTheWork() throws IOException {
    Path file = folder.resolve("a.gif");
    String message =
        assertThrows(HspaceException.class, () -> ImageFile.checkWritable(file)).getMessage();
    assertEquals(
        "cannot write image " + file + ": expected a name that ends in .png, .jpg, .jpeg", message);
    assertThrows(HspaceException.class, () -> ImageFile.write(file, noise(2, 2, 3)));
    assertFalse(Files.exists(file));
  }
}
