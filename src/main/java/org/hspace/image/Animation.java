package org.hspace.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.hspace.HspaceException;
import org.hspace.image.PngChunks.Chunk;
import org.hspace.io.AtomicFile;

/**
 * Pictures one after another, over and over: an animated PNG in full colours, which programs that
 * know no such show as its first picture, or a GIF of 256 colours a picture.
 */
public final class Animation {
  private static final String GIF = "javax_imageio_gif_image_1.0";
  private static final int MILLISECONDS = 1000;

  private Animation() {}

  /**
   * Checks before the work begins that an animation can be written there.
   *
   * @throws HspaceException when the suffix is neither .png nor .gif or the folder cannot be
   *     written to
   */
  public static void checkWritable(Path file) {
    isGif(file);
    AtomicFile.checkWritable(file);
  }

  private static boolean isGif(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".gif") || name.endsWith(".png")) return name.endsWith(".gif");
    throw new HspaceException(
        "cannot write animation " + file + ": expected a name that ends in .png or .gif");
  }

  /**
   * Writes an animation; a file of that name is replaced in one step.
   *
   * @param frames of one size, at least one
   * @param milliseconds that each is shown
   * @param texts that a PNG carries, by their keywords
   */
  public static void write(
      Path file, List<RgbImage> frames, int milliseconds, Map<String, String> texts) {
    RgbImage first = frames.get(0);
    for (RgbImage frame : frames) {
      if (frame.width() != first.width() || frame.height() != first.height())
        throw new IllegalArgumentException("frames of different sizes");
    }
    if (isGif(file)) AtomicFile.write(file, out -> gif(frames, milliseconds, out));
    else AtomicFile.write(file, out -> png(frames, milliseconds, texts, out));
  }

  /** https://www.w3.org/TR/png-3/#apng-frame-based-animation. */
  private static void png(
      List<RgbImage> frames, int milliseconds, Map<String, String> texts, OutputStream out)
      throws IOException {
    List<Chunk> file = new ArrayList<>();
    int number = 0; // of each chunk of the animation
    for (RgbImage frame : frames) {
      List<Chunk> still = PngChunks.of(ImageFile.png(frame));
      byte[] pixels = PngChunks.joined(still, "IDAT");
      boolean first = file.isEmpty();
      if (first) {
        file.add(still.get(0)); // IHDR
        file.addAll(PngChunks.texts(texts));
        int forever = 0;
        file.add(
            new Chunk(
                "acTL", ByteBuffer.allocate(8).putInt(frames.size()).putInt(forever).array()));
      }
      file.add(
          new Chunk(
              "fcTL",
              ByteBuffer.allocate(26)
                  .putInt(number++)
                  .putInt(frame.width())
                  .putInt(frame.height())
                  .putInt(0) // x
                  .putInt(0) // y
                  .putShort((short) milliseconds)
                  .putShort((short) MILLISECONDS)
                  .array())); // then left and not blended, both 0
      file.add(
          first
              ? new Chunk("IDAT", pixels)
              : new Chunk(
                  "fdAT",
                  ByteBuffer.allocate(4 + pixels.length).putInt(number++).put(pixels).array()));
    }
    file.add(new Chunk("IEND", new byte[0]));
    PngChunks.write(file, out);
  }

  private static void gif(List<RgbImage> frames, int milliseconds, OutputStream out)
      throws IOException {
    ImageWriter writer = PictureFormats.writer(PictureFormats.Written.GIF);
    try (ImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.prepareWriteSequence(null);
      for (RgbImage frame : frames) {
        BufferedImage picture = ImageFile.buffered(frame);
        ImageTypeSpecifier type = ImageTypeSpecifier.createFromRenderedImage(picture);
        IIOMetadata facts = writer.getDefaultImageMetadata(type, null);
        IIOMetadataNode root = (IIOMetadataNode) facts.getAsTree(GIF);
        IIOMetadataNode control =
            (IIOMetadataNode) root.getElementsByTagName("GraphicControlExtension").item(0);
        control.setAttribute("delayTime", String.valueOf(milliseconds / 10));
        control.setAttribute("disposalMethod", "none");
        root.appendChild(endless());
        facts.setFromTree(GIF, root);
        writer.writeToSequence(new IIOImage(picture, null, facts), null);
      }
      writer.endWriteSequence();
    } finally {
      writer.dispose();
    }
  }

  /** Netscape's extension, which repeats an animation for ever. */
  private static IIOMetadataNode endless() {
    IIOMetadataNode extension = new IIOMetadataNode("ApplicationExtension");
    extension.setAttribute("applicationID", "NETSCAPE");
    extension.setAttribute("authenticationCode", "2.0");
    extension.setUserObject(new byte[] {1, 0, 0});
    IIOMetadataNode all = new IIOMetadataNode("ApplicationExtensions");
    all.appendChild(extension);
    return all;
  }
}
