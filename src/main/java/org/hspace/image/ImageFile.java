package org.hspace.image;

import com.drew.imaging.FileType;
import com.drew.imaging.FileTypeDetector;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.imageio.IIOImage;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.hspace.HspaceException;
import org.hspace.io.AtomicFile;
import org.hspace.io.Target;

/**
 * Reads PNG, JPEG, TIFF, WebP and BMP; writes PNG and JPEG.
 *
 * <p>A picture is read as it is meant to be shown: turned as its EXIF orientation says, in sRGB
 * whatever colour profile it embeds, grey as grey, with transparent pixels over white. Of a file
 * with samples that have no defined colours here (floating point, HDR), or with several pictures,
 * the message says so.
 */
public final class ImageFile {
  private static final String PNG = ".png";

  /** Suffixes of the files that can be written. */
  private static final List<String> SUFFIXES = List.of(PNG, ".jpg", ".jpeg");

  /** A small file can claim a huge size; this many pixels are 1.2 GB as planes of floats. */
  private static final long MAX_PIXELS = 100_000_000;

  private static final float JPEG_QUALITY = 0.95f;

  private ImageFile() {}

  /** Ends of the names of files that can be read. */
  private static final List<String> READABLE =
      List.of(PNG, ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp");

  /** Whether a name looks like that of a picture that can be read. */
  public static boolean isReadable(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return READABLE.stream().anyMatch(name::endsWith);
  }

  /** What decoding gives. */
  private record Decoded(BufferedImage image, PictureFacts facts) {
    int width() {
      return facts.orientation().turns() ? image.getHeight() : image.getWidth();
    }

    int height() {
      return facts.orientation().turns() ? image.getWidth() : image.getHeight();
    }

    /** Where a pixel of the shown picture lies in the stored one. */
    int source(int x, int y) {
      return facts.orientation().source(x, y, image.getWidth(), image.getHeight());
    }
  }

  /** What is done with a file while it is open. */
  private interface Use<T> {
    T of(ImageReader reader) throws IOException, Colours.UnsupportedException;
  }

  /**
   * Reads an image, transparent pixels over white.
   *
   * @throws HspaceException naming the file, when it is missing or no readable image
   */
  public static RgbImage read(Path file) {
    return read(file, 1);
  }

  /**
   * Reads an image.
   *
   * @param background level in [0, 1] that transparent pixels are laid over
   * @throws HspaceException like {@link #read(Path)}
   */
  static RgbImage read(Path file, float background) {
    return open(
        file,
        reader -> {
          Decoded decoded = decode(file, reader);
          float[] stored = Colours.of(decoded.image, decoded.facts.profile());
          int plane = decoded.width() * decoded.height();
          float[] values = new float[RgbImage.CHANNELS * plane];
          for (int i = 0; i < plane; i++) {
            int at = decoded.source(i % decoded.width(), i / decoded.width());
            float alpha = stored[RgbImage.CHANNELS * plane + at];
            for (int channel = 0; channel < RgbImage.CHANNELS; channel++) {
              float over = alpha * stored[channel * plane + at] + (1 - alpha) * background;
              values[channel * plane + i] = over * 2 - 1;
            }
          }
          return new RgbImage(decoded.width(), decoded.height(), values);
        });
  }

  /**
   * The numbers of an image of labels: of an indexed one the indices, of a grey one the levels.
   *
   * @param numbers (H·W)
   */
  record Labels(int width, int height, int[] numbers) {}

  /**
   * Reads an image of labels.
   *
   * @throws HspaceException naming the file, also when its pixels are coloured and have no numbers
   */
  static Labels readLabels(Path file) {
    return open(
        file,
        reader -> {
          Decoded decoded = decode(file, reader);
          boolean indexed = decoded.image.getColorModel() instanceof IndexColorModel;
          Raster raster = decoded.image.getRaster();
          int[] numbers = new int[decoded.width() * decoded.height()];
          int[] pixel = new int[raster.getNumBands()];
          int colours = indexed ? 1 : decoded.image.getColorModel().getNumColorComponents();
          for (int i = 0; i < numbers.length; i++) {
            int at = decoded.source(i % decoded.width(), i / decoded.width());
            raster.getPixel(at % raster.getWidth(), at / raster.getWidth(), pixel);
            for (int band = 1; band < colours; band++) {
              if (pixel[band] != pixel[0]) {
                throw new Colours.UnsupportedException(
                    "colours where numbers are expected, as an indexed or a grey image has them");
              }
            }
            numbers[i] = pixel[0];
          }
          return new Labels(decoded.width(), decoded.height(), numbers);
        });
  }

  /**
   * Checks before the work that a picture is there and of a known format and size.
   *
   * @throws HspaceException like {@link #read(Path)}
   */
  public static void checkReadable(Path file) {
    checkReadable(file, MAX_PIXELS);
  }

  /**
   * The same, before anything is decoded, of a picture that may not be as large.
   *
   * @param most pixels
   */
  public static void checkReadable(Path file, long most) {
    open(
        file,
        reader -> {
          checkSize(file, reader, most);
          return null;
        });
  }

  private static <T> T open(Path file, Use<T> use) {
    if (!Files.isRegularFile(file)) {
      throw new HspaceException(
          "cannot read image "
              + file
              + ": "
              + (Files.exists(file) ? "not a file" : "no such file"));
    }
    if (!Files.isReadable(file)) {
      throw new HspaceException("cannot read image " + file + ": permission denied");
    }
    try (ImageInputStream stream = new FileImageInputStream(file.toFile())) {
      Optional<ImageReader> found = PictureFormats.reader(stream);
      if (found.isEmpty()) throw new HspaceException(unknown(file));
      ImageReader reader = found.get();
      try {
        reader.setInput(stream, false, false);
        return use.of(reader);
      } finally {
        reader.dispose();
      }
    } catch (Colours.UnsupportedException e) {
      throw new HspaceException(
          "cannot read image " + file + ": it has " + e.getMessage() + "; save it as an 8-bit PNG");
    } catch (IOException | RuntimeException e) {
      if (e instanceof HspaceException known) {
        throw known;
      }
      // ImageIO's readers throw IllegalArgumentException and worse on damaged files.
      throw new HspaceException("cannot read image " + file + ": " + firstLine(e), e);
    }
  }

  private static String unknown(Path file) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      FileType type = FileTypeDetector.detectFileType(in);
      return "cannot read image %s: expected PNG, JPEG, TIFF, WebP or BMP, found %s"
          .formatted(file, type == FileType.Unknown ? "none of them" : type.getLongName());
    }
  }

  private static void checkSize(Path file, ImageReader reader, long most) throws IOException {
    long width = reader.getWidth(0);
    long height = reader.getHeight(0);
    if (width * height > most) {
      throw new HspaceException(
          "cannot read image %s: %d x %d pixels are more than the %d million that are allowed"
              .formatted(file, width, height, most / 1_000_000));
    }
  }

  private static Decoded decode(Path file, ImageReader reader)
      throws IOException, Colours.UnsupportedException {
    checkSize(file, reader, MAX_PIXELS);
    PictureFacts facts = PictureFacts.of(file);
    if (facts.type() != FileType.Jpeg) checkSingle(reader);
    // The JPEG reader fills what a cut-off file lacks with grey, and only warns.
    List<String> warnings = new ArrayList<>();
    reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
    BufferedImage image = reader.read(0);
    for (String warning : warnings) {
      if (warning.toLowerCase(Locale.ROOT).contains("premature end")) {
        throw new HspaceException("cannot read image " + file + ": the file is cut off");
      }
    }
    return new Decoded(image, facts);
  }

  /** Smaller copies for a preview are no pictures of their own. */
  private static void checkSingle(ImageReader reader)
      throws IOException, Colours.UnsupportedException {
    int count = reader.getNumImages(true);
    int whole = 1;
    for (int i = 1; i < count; i++) {
      if (reader.getWidth(i) >= reader.getWidth(0) && reader.getHeight(i) >= reader.getHeight(0)) {
        whole++;
      }
    }
    if (whole > 1) throw new Colours.UnsupportedException(whole + " pictures or pages");
  }

  /** What was drawn, in sRGB. */
  static RgbImage of(BufferedImage drawn) {
    int width = drawn.getWidth();
    int height = drawn.getHeight();
    float[] values = new float[RgbImage.CHANNELS * width * height];
    int[] line = new int[width];
    for (int y = 0; y < height; y++) {
      drawn.getRGB(0, y, width, 1, line, 0, width);
      for (int x = 0; x < width; x++) {
        for (int channel = 0; channel < RgbImage.CHANNELS; channel++) {
          int level = line[x] >> (16 - 8 * channel) & 0xff;
          values[(channel * height + y) * width + x] = level / 127.5f - 1;
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
    write(file, image, Map.of());
  }

  /**
   * The same, with texts that a PNG carries beside its pixels; JPEG has no place for them.
   *
   * @param texts by their keywords, in this order
   */
  public static void write(Path file, RgbImage image, Map<String, String> texts) {
    boolean jpeg = !suffix(file).equals(PNG);
    AtomicFile.write(
        file,
        out -> {
          if (jpeg) {
            encode(buffered(image), true, out);
          } else {
            List<PngChunks.Chunk> chunks = PngChunks.of(png(image));
            chunks.addAll(1, PngChunks.texts(texts)); // behind the header
            PngChunks.write(chunks, out);
          }
        });
  }

  /** An image as the bytes of a PNG file. */
  public static byte[] png(RgbImage image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      encode(buffered(image), false, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory has no errors
    }
    return bytes.toByteArray();
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

  /** Whether a name looks like that of a picture that can be written. */
  public static boolean isWritable(Path file) {
    String lower = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return SUFFIXES.stream().anyMatch(lower::endsWith);
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

  private static void encode(BufferedImage image, boolean jpeg, OutputStream out)
      throws IOException {
    ImageWriter writer =
        PictureFormats.writer(jpeg ? PictureFormats.Written.JPEG : PictureFormats.Written.PNG);
    try (ImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      if (jpeg) {
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
