package org.hspace.image;

import com.drew.imaging.FileType;
import com.drew.imaging.FileTypeDetector;
import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.imaging.png.PngChunk;
import com.drew.imaging.png.PngChunkReader;
import com.drew.imaging.png.PngChunkType;
import com.drew.imaging.png.PngProcessingException;
import com.drew.lang.StreamReader;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifInteropDirectory;
import com.drew.metadata.icc.IccDirectory;
import com.twelvemonkeys.imageio.color.ColorProfiles;
import com.twelvemonkeys.imageio.color.ColorSpaces;
import java.awt.color.ICC_ColorSpace;
import java.awt.color.ICC_Profile;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.InflaterInputStream;

/**
 * What a picture file says beside its pixels.
 *
 * @param type by its first bytes
 * @param orientation EXIF's, of JPEG, PNG, TIFF and WebP
 * @param profile the colour profile that the reader does not see; or null
 */
record PictureFacts(FileType type, Orientation orientation, ICC_Profile profile) {
  /** A camera's word for Adobe RGB, which it does not embed. */
  private static final String ADOBE_RGB = "R03";

  /** gAMA of files that are encoded about as sRGB is. */
  private static final int USUAL_GAMMA = 45455;

  private static final int DNG_VERSION = 0xc612;

  /** Bit of NewSubfileType. */
  private static final int REDUCED = 1;

  private static final int GAMMA_TOLERANCE = 1000;

  /**
   * Reads them.
   *
   * @throws Colours.UnsupportedException naming what would be shown wrongly
   */
  static PictureFacts of(Path file) throws IOException, Colours.UnsupportedException {
    FileType type;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      type = FileTypeDetector.detectFileType(in);
    }
    Metadata metadata = metadata(file);
    ExifIFD0Directory exif = metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
    if (exif != null && type != FileType.Jpeg) refuseRaw(exif);
    Orientation orientation =
        Orientation.of(exif == null ? null : exif.getInteger(ExifIFD0Directory.TAG_ORIENTATION));
    ICC_Profile profile = type == FileType.Png ? ofPng(file) : adobe(metadata);
    return new PictureFacts(type, orientation, profile);
  }

  /** Raw files of cameras are TIFF files, but what a TIFF reader finds there first is a preview. */
  private static void refuseRaw(ExifIFD0Directory first) throws Colours.UnsupportedException {
    Integer kind = first.getInteger(ExifIFD0Directory.TAG_NEW_SUBFILE_TYPE);
    if (first.containsTag(DNG_VERSION) || kind != null && (kind & REDUCED) != 0) {
      throw new Colours.UnsupportedException("a camera's raw data");
    }
  }

  /** Damaged metadata says nothing, but the picture may be whole. */
  private static Metadata metadata(Path file) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      return ImageMetadataReader.readMetadata(in);
    } catch (ImageProcessingException e) {
      return new Metadata();
    }
  }

  private static ICC_Profile adobe(Metadata metadata) {
    ExifInteropDirectory interop = metadata.getFirstDirectoryOfType(ExifInteropDirectory.class);
    boolean adobe =
        interop != null
            && ADOBE_RGB.equals(interop.getString(ExifInteropDirectory.TAG_INTEROP_INDEX))
            && metadata.getFirstDirectoryOfType(IccDirectory.class) == null;
    return adobe
        ? ((ICC_ColorSpace) ColorSpaces.getColorSpace(ColorSpaces.CS_ADOBE_RGB_1998)).getProfile()
        : null;
  }

  /** Java's PNG reader leaves colours as they are stored. */
  private static ICC_Profile ofPng(Path file) throws IOException, Colours.UnsupportedException {
    Map<String, byte[]> chunks = new HashMap<>();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      Set<PngChunkType> wanted =
          Set.of(
              PngChunkType.iCCP,
              PngChunkType.sRGB,
              PngChunkType.gAMA,
              new PngChunkType("cICP", false),
              new PngChunkType("acTL", false));
      for (PngChunk chunk : new PngChunkReader().extract(new StreamReader(in), wanted)) {
        chunks.putIfAbsent(chunk.getType().getIdentifier(), chunk.getBytes());
      }
    } catch (PngProcessingException e) {
      throw new IOException(e.getMessage(), e);
    }
    if (chunks.containsKey("acTL")) throw new Colours.UnsupportedException("an animation");
    byte[] coding = chunks.get("cICP");
    // 1 and 13: primaries and transfer function of sRGB.
    if (coding != null && (coding[0] != 1 || coding[1] != 13)) {
      throw new Colours.UnsupportedException(
          "colours of cICP %d/%d (wide gamut or HDR)".formatted(coding[0], coding[1]));
    }
    if (chunks.containsKey("iCCP") && coding == null) return ofChunk(chunks.get("iCCP"));
    byte[] gamma = chunks.get("gAMA");
    if (gamma != null && gamma.length == 4 && !chunks.containsKey("sRGB") && coding == null) {
      int value = ByteBuffer.wrap(gamma).getInt();
      if (Math.abs(value - USUAL_GAMMA) > GAMMA_TOLERANCE) {
        throw new Colours.UnsupportedException("a gamma of 1/%.2f".formatted(1e5 / value));
      }
    }
    return null;
  }

  /** iCCP: a name, a zero, the compression method, and the compressed profile. */
  private static ICC_Profile ofChunk(byte[] chunk) throws IOException {
    int zero = 0;
    while (zero < chunk.length && chunk[zero] != 0) zero++;
    int begin = Math.min(chunk.length, zero + 2);
    try (InputStream data =
        new InflaterInputStream(new ByteArrayInputStream(chunk, begin, chunk.length - begin))) {
      return ColorProfiles.readProfile(data);
    } catch (IllegalArgumentException e) {
      throw new IOException("its colour profile is damaged", e);
    }
  }
}
