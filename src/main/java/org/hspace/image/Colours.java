package org.hspace.image;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.awt.image.ColorConvertOp;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.util.Arrays;

/**
 * The colours that a decoded picture shows, whatever it stores: as sRGB, with the full precision of
 * its samples.
 */
final class Colours {
  private static final int MOST_BITS = 16;
  private static final float HIGHEST = 0xffff;

  /** Rows that are converted at once. */
  private static final int STRIP = 64;

  private Colours() {}

  /** A picture whose samples are of a kind that has no defined colours here. */
  static final class UnsupportedException extends Exception {
    UnsupportedException(String what) {
      super(what);
    }
  }

  /**
   * Red, green, blue and alpha.
   *
   * @param image as a reader decoded it
   * @param embedded the file's profile, where the reader does not mind it; or null
   * @return {@code (4, height, width)} in [0, 1], alpha not multiplied in
   */
  static float[] of(BufferedImage image, ICC_Profile embedded) throws UnsupportedException {
    ColorModel model = image.getColorModel();
    int bands = model.getNumColorComponents();
    ICC_Profile profile = profile(model, embedded);
    check(model, bands);
    int width = image.getWidth();
    float[] result = new float[4 * width * image.getHeight()];
    for (int top = 0; top < image.getHeight(); top += STRIP) {
      int rows = Math.min(STRIP, image.getHeight() - top);
      float[] samples = samples(image, top, rows); // (rows, width, bands + 1)
      float[] colours = samples;
      int stride = bands + 1;
      if (profile != null) {
        colours = converted(samples, bands, width, rows, profile); // (rows, width, 3)
        stride = 3;
      } else if (!isRgbOrGrey(model)) {
        colours = byColourSpace(samples, bands, width * rows, model.getColorSpace());
        stride = 3;
      }
      int plane = width * image.getHeight();
      for (int i = 0; i < width * rows; i++) {
        int at = top * width + i;
        for (int channel = 0; channel < 3; channel++) {
          boolean grey = profile == null && bands == 1;
          result[channel * plane + at] = colours[i * stride + (grey ? 0 : channel)];
        }
        result[3 * plane + at] = samples[i * (bands + 1) + bands];
      }
    }
    return result;
  }

  private static void check(ColorModel model, int bands) throws UnsupportedException {
    int type = model.getTransferType();
    if (type == DataBuffer.TYPE_FLOAT || type == DataBuffer.TYPE_DOUBLE) {
      throw new UnsupportedException("floating-point samples");
    }
    for (int band = 0; band < model.getNumComponents(); band++) {
      if (model.getComponentSize(band) > MOST_BITS) {
        throw new UnsupportedException("samples of " + model.getComponentSize(band) + " bits");
      }
    }
    int kind = model.getColorSpace().getType();
    boolean known =
        kind == ColorSpace.TYPE_GRAY && bands == 1
            || kind == ColorSpace.TYPE_RGB && bands == 3
            || kind == ColorSpace.TYPE_CMYK && bands == 4
            || kind == ColorSpace.TYPE_Lab && bands == 3;
    if (!known) throw new UnsupportedException(bands + " colour channels of an unknown kind");
  }

  /** What converts the samples; null where they are gamma-coded grey or sRGB already. */
  private static ICC_Profile profile(ColorModel model, ICC_Profile embedded) {
    ICC_Profile profile = embedded;
    if (profile == null && model.getColorSpace() instanceof ICC_ColorSpace space) {
      profile = space.getProfile();
    }
    if (profile == null || isOwn(profile, ColorSpace.CS_sRGB)) return null;
    // Java takes grey samples without a profile for linear light; a file's are as gamma-coded as
    // its colours.
    if (isOwn(profile, ColorSpace.CS_GRAY)) return null;
    // A profile for other samples than these says nothing about them.
    return profile.getNumComponents() == model.getNumColorComponents() ? profile : null;
  }

  private static boolean isOwn(ICC_Profile profile, int space) {
    ICC_Profile own = ICC_Profile.getInstance(space);
    return profile == own || Arrays.equals(profile.getData(), own.getData());
  }

  private static boolean isRgbOrGrey(ColorModel model) {
    int type = model.getColorSpace().getType();
    return type == ColorSpace.TYPE_RGB || type == ColorSpace.TYPE_GRAY;
  }

  /** Colour samples and alpha in [0, 1] of some rows (rows, width, bands + 1). */
  private static float[] samples(BufferedImage image, int top, int rows) {
    ColorModel model = image.getColorModel();
    int width = image.getWidth();
    int bands = model.getNumColorComponents();
    float[] samples = new float[rows * width * (bands + 1)];
    if (model instanceof IndexColorModel) {
      int[] line = new int[width];
      for (int y = 0; y < rows; y++) {
        image.getRGB(0, top + y, width, 1, line, 0, width); // the palette is of sRGB's range
        for (int x = 0; x < width; x++) {
          for (int band = 0; band < 4; band++) {
            int shift = band == 3 ? 24 : 16 - 8 * band;
            samples[(y * width + x) * 4 + band] = (line[x] >> shift & 0xff) / 255f;
          }
        }
      }
      return samples;
    }
    Raster raster = image.getRaster();
    int[] line = new int[width];
    for (int band = 0; band <= bands; band++) {
      boolean present = band < bands || model.hasAlpha();
      float highest = present ? (1 << model.getComponentSize(band)) - 1 : 1;
      for (int y = 0; y < rows; y++) {
        if (present) raster.getSamples(0, top + y, width, 1, band, line);
        else Arrays.fill(line, 1);
        for (int x = 0; x < width; x++) {
          samples[(y * width + x) * (bands + 1) + band] = line[x] / highest;
        }
      }
    }
    if (model.isAlphaPremultiplied()) divideByAlpha(samples, bands);
    return samples;
  }

  private static void divideByAlpha(float[] samples, int bands) {
    for (int at = 0; at < samples.length; at += bands + 1) {
      float alpha = samples[at + bands];
      for (int band = 0; band < bands && alpha > 0; band++) {
        samples[at + band] = Math.min(1, samples[at + band] / alpha);
      }
    }
  }

  /** The samples through their profile to sRGB (rows, width, 3). */
  private static float[] converted(
      float[] samples, int bands, int width, int rows, ICC_Profile profile) {
    WritableRaster from =
        Raster.createInterleavedRaster(DataBuffer.TYPE_USHORT, width, rows, bands, null);
    WritableRaster to =
        Raster.createInterleavedRaster(DataBuffer.TYPE_USHORT, width, rows, 3, null);
    int[] levels = new int[width * rows * bands];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = Math.round(samples[i / bands * (bands + 1) + i % bands] * HIGHEST);
    }
    from.setPixels(0, 0, width, rows, levels);
    ICC_Profile[] path = {profile, ICC_Profile.getInstance(ColorSpace.CS_sRGB)};
    new ColorConvertOp(path, null).filter(from, to);
    int[] shown = to.getPixels(0, 0, width, rows, (int[]) null);
    float[] result = new float[shown.length];
    for (int i = 0; i < shown.length; i++) result[i] = shown[i] / HIGHEST;
    return result;
  }

  private static float[] byColourSpace(float[] samples, int bands, int count, ColorSpace space) {
    float[] result = new float[3 * count];
    float[] one = new float[bands];
    for (int i = 0; i < count; i++) {
      for (int band = 0; band < bands; band++) {
        float low = space.getMinValue(band);
        one[band] = low + samples[i * (bands + 1) + band] * (space.getMaxValue(band) - low);
      }
      System.arraycopy(space.toRGB(one), 0, result, 3 * i, 3);
    }
    return result;
  }
}
