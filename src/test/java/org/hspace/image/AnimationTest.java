package org.hspace.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import org.hspace.image.PngChunks.Chunk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnimationTest {
  @TempDir Path folder;

  private static List<RgbImage> frames() {
    return List.of(
        ImageFileTest.noise(9, 5, 1).quantized(),
        ImageFileTest.noise(9, 5, 2).quantized(),
        ImageFileTest.noise(9, 5, 3).quantized());
  }

  /** Each frame's chunks, put into a file of its own, are a PNG of its pixels. */
  @Test
  void framesOfAPngAreWholePictures() throws IOException {
    Path file = folder.resolve("a.png");
    Animation.write(file, frames(), 80, Map.of("Command", "hspace edit"));
    RgbImage shown = ImageFile.of(ImageIO.read(file.toFile())); // which knows no animations
    assertArrayEquals(frames().get(0).values(), shown.values());
    assertEquals("hspace edit", PngTexts.of(file).get("Command"));
    List<Chunk> chunks = PngChunks.of(Files.readAllBytes(file));
    Chunk header = chunks.get(0);
    List<RgbImage> found = new ArrayList<>();
    int number = 0;
    for (Chunk chunk : chunks) {
      ByteBuffer data = ByteBuffer.wrap(chunk.data());
      if (chunk.type().equals("acTL")) {
        assertEquals(3, data.getInt());
        assertEquals(0, data.getInt(), "for ever");
      }
      if (chunk.type().equals("fcTL")) {
        assertEquals(number++, data.getInt());
        assertEquals(9, data.getInt());
        assertEquals(5, data.getInt());
        assertEquals(.08, data.getShort(20) / (double) data.getShort(22));
      }
      boolean later = chunk.type().equals("fdAT");
      if (later) assertEquals(number++, data.getInt());
      if (!later && !chunk.type().equals("IDAT")) continue;
      byte[] pixels = new byte[data.remaining()];
      data.get(pixels);
      ByteArrayOutputStream one = new ByteArrayOutputStream();
      PngChunks.write(
          List.of(header, new Chunk("IDAT", pixels), new Chunk("IEND", new byte[0])), one);
      found.add(ImageFile.of(ImageIO.read(new ByteArrayInputStream(one.toByteArray()))));
    }
    assertEquals(3, found.size());
    for (int i = 0; i < 3; i++)
      assertArrayEquals(frames().get(i).values(), found.get(i).values(), "frame " + i);
  }

  @Test
  void aGifRepeatsForEver() throws IOException {
    Path file = folder.resolve("a.GIF");
    Animation.write(file, frames(), 80, Map.of());
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(in);
      assertEquals(3, reader.getNumImages(true));
      IIOMetadataNode root =
          (IIOMetadataNode) reader.getImageMetadata(1).getAsTree("javax_imageio_gif_image_1.0");
      IIOMetadataNode control =
          (IIOMetadataNode) root.getElementsByTagName("GraphicControlExtension").item(0);
      assertEquals("8", control.getAttribute("delayTime"), "hundredths of a second");
      assertEquals(1, root.getElementsByTagName("ApplicationExtension").getLength());
    } finally {
      reader.dispose();
    }
  }

  @Test
  void framesHaveOneSize() {
    List<RgbImage> odd = List.of(frames().get(0), ImageFileTest.noise(5, 9, 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> Animation.write(folder.resolve("a.png"), odd, 80, Map.of()));
    assertTrue(Files.notExists(folder.resolve("a.png")));
  }
}
