package org.hspace.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaskFileTest {
  private static final int HEIGHT = 3;
  private static final int WIDTH = 4;
  @TempDir Path folder;

  @BeforeAll
  static void load() {
    NativeLibrary.load();
  }

  /** A grey picture of 4 x 3 pixels with the given levels, 0 to 255. */
  private Path picture(String name, int... levels) {
    float[] values = new float[RgbImage.CHANNELS * levels.length];
    for (int i = 0; i < values.length; i++) values[i] = levels[i % levels.length] / 127.5f - 1;
    Path file = folder.resolve(name);
    ImageFile.write(file, new RgbImage(WIDTH, HEIGHT, values));
    return file;
  }

  private static double[] read(String text) {
    try (Tensor mask = MaskFile.read(text, HEIGHT, WIDTH)) {
      assertArrayEquals(new long[] {1, 1, HEIGHT, WIDTH}, Tensors.shape(mask));
      return Tensors.doubles(mask);
    }
  }

  private static String refusal(String text) {
    return assertThrows(HspaceException.class, () -> MaskFile.read(text, HEIGHT, WIDTH))
        .getMessage();
  }

  @Test
  void rectangles() {
    assertArrayEquals(new double[] {0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0}, read("1,1,2,2"));
    assertEquals(12, java.util.Arrays.stream(read("0, 0, 4, 3")).sum());
    assertTrue(refusal("3,0,2,1").contains("inside 4 x 3"));
    assertTrue(refusal("0,0,0,1").contains("x,y,w,h"));
  }

  @Test
  void pictures() {
    Path file = picture("mask.png", 0, 255, 100, 128, 0, 0, 0, 0, 0, 0, 0, 200);
    assertArrayEquals(new double[] {0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}, read(file.toString()));
    assertTrue(
        refusal(picture("black.png", new int[12]).toString()).contains("at least one pixel"));
    String size =
        assertThrows(HspaceException.class, () -> MaskFile.read(file.toString(), 5, 5))
            .getMessage();
    assertTrue(size.contains("5 x 5") && size.contains("4 x 3") && size.contains("mask.png"), size);
  }

  /** An indexed picture of 4 x 3 pixels. */
  private Path indexed(String name, int[] palette, int... indices) throws IOException {
    IndexColorModel colours =
        new IndexColorModel(8, palette.length, palette, 0, true, -1, DataBuffer.TYPE_BYTE);
    BufferedImage image =
        new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_INDEXED, colours);
    image.getRaster().setPixels(0, 0, WIDTH, HEIGHT, indices);
    Path file = folder.resolve(name);
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  @Test
  void whatAPaletteShowsIsInside() throws IOException {
    int[] voc = {0xff000000, 0xff800000, 0xff400000, 0xff404040, 0x00ffffff};
    Path file = indexed("voc.png", voc, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 1);
    assertArrayEquals(new double[] {0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1}, read(file.toString()));
    int[] greys = {0xff000000, 0xff404040, 0xff808080, 0xffffffff};
    Path grey = indexed("greys.png", greys, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0);
    assertArrayEquals(new double[] {0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}, read(grey.toString()));
  }

  @Test
  void labelsOfAnIndexedPictureAreItsIndices() throws IOException {
    int[] voc = {0xff000000, 0xff800000, 0xff008000};
    indexed("labels.png", voc, 0, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 1);
    Path json = folder.resolve("face.json");
    Files.writeString(
        json, "{\"image\": \"labels.png\", \"regions\": {\"mouth\": 2, \"eyes\": [1]}}");
    assertArrayEquals(new double[] {0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}, read(json + ":mouth"));
    assertArrayEquals(new double[] {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, read(json + ":eyes"));
    BufferedImage coloured = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    coloured.setRGB(1, 1, 0x800000);
    ImageIO.write(coloured, "png", folder.resolve("labels.png").toFile());
    String message = refusal(json + ":mouth");
    assertTrue(message.contains("labels.png") && message.contains("indexed"), message);
  }

  @Test
  void regionsOfASegmentation() throws IOException {
    picture("labels.png", 0, 11, 11, 12, 4, 4, 0, 0, 0, 0, 0, 12);
    Path json = folder.resolve("face.json");
    Files.writeString(
        json,
        """
        {"image": "labels.png",
         "regions": {"mouth": [11, 12], "eyes": 4, "corner": {"rectangle": [0, 0, 1, 1]}}}
        """);
    assertArrayEquals(new double[] {0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1}, read(json + ":mouth"));
    assertArrayEquals(new double[] {0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0}, read(json + ":eyes"));
    assertArrayEquals(new double[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, read(json + ":corner"));
    assertTrue(refusal(json + ":nose").contains("mouth, eyes, corner"));
    assertTrue(refusal(json.toString()).contains("REGION"));
    assertTrue(refusal(folder + "/gone.json:eyes").contains("gone.json"));
    Files.writeString(json, "{\"regions\": {\"eyes\": \"left\"}}");
    assertTrue(refusal(json + ":eyes").contains("grey value"));
  }
}
