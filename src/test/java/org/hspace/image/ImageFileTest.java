package org.hspace.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.hspace.HspaceException;
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
  void pngCarriesTextsWithoutChangingPixels() throws IOException {
    Path file = folder.resolve("t.png");
    RgbImage image = noise(13, 7, 1);
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("Command", "hspace edit --seeds 3");
    texts.put("Images", "Foto 中.png, ümlaut");
    ImageFile.write(file, image, texts);
    assertEquals(texts, PngTexts.of(file));
    Path bare = folder.resolve("bare.png");
    ImageFile.write(bare, image);
    assertEquals(Map.of(), PngTexts.of(bare));
    assertArrayEquals(ImageFile.read(bare).values(), ImageFile.read(file).values());
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
    assertEquals(
        "cannot read image " + text + ": expected PNG, JPEG, TIFF, WebP or BMP, found none of them",
        refusal(text));
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

  @Test
  void sixteenBitsKeepTheirPrecision() throws IOException {
    ComponentColorModel model =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB),
            true,
            false,
            Transparency.TRANSLUCENT,
            DataBuffer.TYPE_USHORT);
    WritableRaster raster = model.createCompatibleWritableRaster(2, 1);
    raster.setPixel(0, 0, new int[] {1000, 30001, 65535, 65535});
    raster.setPixel(1, 0, new int[] {0, 30001, 65535, 16384});
    Path file = folder.resolve("deep.png");
    ImageIO.write(new BufferedImage(model, raster, false, null), "png", file.toFile());
    float[] values = ImageFile.read(file).values();
    assertEquals(1000 / 32767.5 - 1, values[0], 1e-6);
    assertEquals(30001 / 32767.5 - 1, values[2], 1e-6);
    double alpha = 16384 / 65535.0;
    assertEquals(2 * (1 - alpha) - 1, values[1], 1e-6); // black over white
  }

  /** A PNG file with a chunk more before its pixels. */
  private Path withChunk(String type, int... data) throws IOException {
    Path file = folder.resolve(type + ".png");
    ImageFile.write(file, noise(4, 3, 5));
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer chunk = ByteBuffer.allocate(12 + data.length);
    chunk.putInt(data.length).put(type.getBytes(StandardCharsets.US_ASCII));
    for (int each : data) chunk.put((byte) each);
    CRC32 crc = new CRC32();
    crc.update(chunk.array(), 4, 4 + data.length);
    chunk.putInt((int) crc.getValue());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, 33); // signature and IHDR
    out.write(chunk.array());
    out.write(bytes, 33, bytes.length - 33);
    Files.write(file, out.toByteArray());
    return file;
  }

  @Test
  void coloursThatWouldBeShownWronglyAreRefusedByName() throws IOException {
    assertTrue(refusal(withChunk("gAMA", 0, 1, 0x86, 0xa0)).contains("gamma of 1/1.00"));
    assertTrue(refusal(withChunk("cICP", 9, 16, 0, 1)).contains("HDR"));
    assertArrayEquals(
        noise(4, 3, 5).quantized().values(),
        ImageFile.read(withChunk("gAMA", 0, 0, 0xb1, 0x8f)).values());
    Path heic = folder.resolve("phone.jpg");
    Files.write(heic, "\0\0\0\030ftypheic\0\0\0\0mif1heic".getBytes(StandardCharsets.ISO_8859_1));
    assertTrue(refusal(heic).contains("High Efficiency Image"), refusal(heic));
  }

  @Test
  void aHugePictureIsRefusedBeforeItIsDecoded() throws IOException {
    Path file = withChunk("tEXt", 'a', 0, 'b');
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).putInt(16, 40_000).putInt(20, 40_000);
    CRC32 crc = new CRC32();
    crc.update(bytes, 12, 17);
    ByteBuffer.wrap(bytes).putInt(29, (int) crc.getValue());
    Files.write(file, bytes);
    assertTrue(refusal(file).contains("40000 x 40000 pixels"), refusal(file));
    assertThrows(HspaceException.class, () -> ImageFile.checkReadable(file));
  }
}
