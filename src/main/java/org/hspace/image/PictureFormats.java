package org.hspace.image;

import com.twelvemonkeys.imageio.plugins.bmp.BMPImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.jpeg.JPEGImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.tiff.BigTIFFImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriter;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.spi.ImageWriterSpi;
import javax.imageio.spi.ServiceRegistry;
import javax.imageio.stream.ImageInputStream;

/**
 * The readers and writers of picture files: TwelveMonkeys' and, for PNG and for writing, the JDK's.
 * They are named here, in a registry of our own: which ones {@code ImageIO} finds depends on what
 * else the process has loaded, and what it has found there is the process's.
 */
final class PictureFormats {
  private static final String JDK = "com.sun.imageio.plugins.";
  private static final List<ImageReaderSpi> READERS = readers();

  private PictureFormats() {}

  private static List<ImageReaderSpi> readers() {
    ServiceRegistry registry =
        new ServiceRegistry(List.<Class<?>>of(ImageReaderSpi.class).iterator());
    // TwelveMonkeys' JPEG reader decodes with the JDK's, which it looks up when it is registered.
    registry.registerServiceProvider(
        ofJdk(ImageReaderSpi.class, "jpeg.JPEGImageReaderSpi"), ImageReaderSpi.class);
    List<ImageReaderSpi> readers = new ArrayList<>();
    readers.add(ofJdk(ImageReaderSpi.class, "png.PNGImageReaderSpi"));
    readers.add(new JPEGImageReaderSpi());
    readers.add(new TIFFImageReaderSpi());
    readers.add(new BigTIFFImageReaderSpi());
    readers.add(new WebPImageReaderSpi());
    readers.add(new BMPImageReaderSpi());
    for (ImageReaderSpi each : readers)
      registry.registerServiceProvider(each, ImageReaderSpi.class);
    return List.copyOf(readers);
  }

  private static <S> S ofJdk(Class<S> type, String name) {
    Iterator<S> all = IIORegistry.getDefaultInstance().getServiceProviders(type, false);
    while (all.hasNext()) {
      S each = all.next();
      if (each.getClass().getName().equals(JDK + name)) return type.cast(each);
    }
    throw new IllegalStateException("this JDK has no " + name);
  }

  /** The reader of what a stream holds, to be disposed of by the caller; none for other formats. */
  static Optional<ImageReader> reader(ImageInputStream stream) throws IOException {
    for (ImageReaderSpi each : READERS) {
      stream.mark();
      try {
        if (each.canDecodeInput(stream)) return Optional.of(each.createReaderInstance());
      } catch (EOFException e) {
        // Shorter than this format's first bytes.
      } finally {
        stream.reset();
      }
    }
    return Optional.empty();
  }

  /** What can be written. */
  enum Written {
    PNG("png.PNGImageWriterSpi"),
    JPEG("jpeg.JPEGImageWriterSpi"),
    GIF("gif.GIFImageWriterSpi");

    private final String provider;

    Written(String provider) {
      this.provider = provider;
    }
  }

  /** A writer, to be disposed of by the caller. */
  static ImageWriter writer(Written format) throws IOException {
    return ofJdk(ImageWriterSpi.class, format.provider).createWriterInstance();
  }
}
