package org.hspace.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import org.w3c.dom.NodeList;

/** The texts that a PNG carries, as the JDK's reader finds them. */
public final class PngTexts {
  private PngTexts() {}

  /** Texts by their keywords. */
  public static Map<String, String> of(Path file) throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(in);
      IIOMetadataNode root =
          (IIOMetadataNode) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
      Map<String, String> texts = new LinkedHashMap<>();
      for (String[] kind : new String[][] {{"tEXtEntry", "value"}, {"iTXtEntry", "text"}}) {
        NodeList entries = root.getElementsByTagName(kind[0]);
        for (int i = 0; i < entries.getLength(); i++) {
          IIOMetadataNode entry = (IIOMetadataNode) entries.item(i);
          texts.put(entry.getAttribute("keyword"), entry.getAttribute(kind[1]));
        }
      }
      return texts;
    } finally {
      reader.dispose();
    }
  }
}
