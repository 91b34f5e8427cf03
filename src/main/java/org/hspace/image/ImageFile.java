package org.hspace.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageOutputStream;
import org.hspace.io.AtomicFile;
import org.hspace.io.Target;
import org.hspace.nativelib.HspaceException;

/**
 * Reads and writes PNG and JPEG.
 *
 * <p>Transparent pixels are laid over white. The orientation tag of a photograph (EXIF) is ignored.
 */
public final class ImageFile {
  private static final String PNG = ".png";

  /** Suffixes of the files that can be written. */
  private static final List<String> SUFFIXES = List.of(PNG, ".jpg", ".jpeg");

  /** A small file can claim a huge size; this many pixels are 1.2 GB as planes of floats. */
  private static final long MAX_PIXELS = 100_000_000;

  private static final float JPEG_QUALITY = 0.95f;

  static {
    // One image at a time: a disk cache for the streams would only cost files in /tmp.
    ImageIO.setUseCache(false);
  }

  private ImageFile() {}

  /**
   * Reads an image.
   *
   * @throws HspaceException naming the file, when it is missing or no readable image
   */
  public static RgbImage read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new HspaceException(
          "cannot read image "
              + file
              + ": "
              + (Files.exists(file) ? "not a file" : "no such file"));
    }
    try (ImageInputStream stream = ImageIO.createImageInputStream(file.toFile())) {
      if (stream == null) {
        throw new HspaceException("cannot read image " + file + ": permission denied");
      }
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new HspaceException("cannot read image " + file + ": expected a PNG or JPEG file");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(stream, true, true);
        return decode(file, reader);
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) {
      if (e instanceof HspaceException known) {
        throw known;
      }
      // ImageIO's readers throw IllegalArgumentException and worse on damaged files.
      throw new HspaceException("cannot read image " + file + ": " + firstLine(e), e);
    }
  }

  private static RgbImage decode(Path file, ImageReader reader) throws IOException {
    long width = reader.getWidth(0);
    long height = reader.getHeight(0);
    if (width * height > MAX_PIXELS) {
      throw new HspaceException(
          "cannot read image %s: %d x %d pixels are more than the %d million that are allowed"
              .formatted(file, width, height, MAX_PIXELS / 1_000_000));
    }
    // The JPEG reader fills what a cut-off file lacks with grey, and only warns.
    List<String> warnings = new ArrayList<>();
    reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
    RgbImage image = of(reader.read(0));
    for (String warning : warnings) {
      if (warning.toLowerCase(Locale.ROOT).contains("premature end")) {
        throw new HspaceException("cannot read image " + file + ": the file is cut off");
      }
    }
    return image;
  }

  static RgbImage of(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    float[] values = new float[RgbImage.CHANNELS * width * height];
    Raster raster = image.getRaster();
    // Java takes grey samples for linear light and brightens them; a file's are as gamma-coded as
    // its colours.
    boolean grey = image.getColorModel().getColorSpace().getNumComponents() == 1;
    int greyBits = image.getColorModel().getComponentSize(0);
    int[] line = new int[width];
    for (int y = 0; y < height; y++) {
      image.getRGB(0, y, width, 1, line, 0, width);
      for (int x = 0; x < width; x++) {
        float alpha = (line[x] >>> 24) / 255f;
        for (int channel = 0; channel < RgbImage.CHANNELS; channel++) {
          float level =
              grey
                  ? raster.getSample(x, y, 0) / (float) ((1 << greyBits) - 1)
                  : (line[x] >> (16 - 8 * channel) & 0xff) / 255f;
          float over = alpha * level + (1 - alpha);
          values[(channel * height + y) * width + x] = over * 2 - 1;
        }
      }
    }
    return new RgbImage(width, height, values);
  }

  /**
   * Writes an image as the file's suffix says; a file of that name is replaced in one step.
   *
   * @throws HspaceException when the suffix is unknown or the file cannot be written
   */
  public static void write(Path file, RgbImage image) {
    String format = suffix(file).equals(PNG) ? "png" : "jpeg";
    AtomicFile.write(file, out -> encode(buffered(image), format, out));
  }

  /**
   * Checks before the work begins that an image can be written there.
   *
   * @throws HspaceException when the suffix is unknown or the folder cannot be written to
   */
  public static void checkWritable(Path file) {
    suffix(file);
    AtomicFile.checkWritable(file);
  }

  /** What the name ends in; a pipe or standard output, which has no suffix to say, gets PNG. */
  private static String suffix(Path file) {
    Target.Kind kind = Target.of(file).kind();
    if (kind == Target.Kind.STREAM || kind == Target.Kind.STANDARD_OUTPUT) return PNG;
    String name = file.getFileName() == null ? "" : file.getFileName().toString();
    String lower = name.toLowerCase(Locale.ROOT);
    return SUFFIXES.stream()
        .filter(lower::endsWith)
        .findFirst()
        .orElseThrow(
            () ->
                new HspaceException(
                    "cannot write image %s: expected a name that ends in %s"
                        .formatted(file, String.join(", ", SUFFIXES))));
  }

  static BufferedImage buffered(RgbImage image) {
    BufferedImage result =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        result.setRGB(x, y, image.pixel(x, y));
      }
    }
    return result;
  }

  private static void encode(BufferedImage image, String format, OutputStream out)
      throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      if (format.equals("jpeg")) {
        parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        parameters.setCompressionQuality(JPEG_QUALITY);
      }
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, null), parameters);
    } finally {
      writer.dispose();
    }
  }

  private static String firstLine(Exception e) {
    return e.getMessage() == null
        ? e.getClass().getSimpleName()
        : e.getMessage().lines().findFirst().orElse("damaged");
  }
}
