package org.hspace.image;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A colour image, values in [-1, 1] as a diffusion model sees them.
 *
 * @param width in pixels
 * @param height in pixels
 * @param values {@code (3, height, width)}: red, green and blue plane, row by row; values outside
 *     [-1, 1] are cut off when the image is written
 */
public record RgbImage(int width, int height, float[] values) {
  /** Planes of an image: red, green, blue. */
  public static final int CHANNELS = 3;

  /** Checks that the values fill the planes. */
  public RgbImage {
    if (width < 1 || height < 1 || values.length != CHANNELS * width * height) {
      throw new IllegalArgumentException(
          "an image of %d x %d needs %d values, found %d"
              .formatted(width, height, CHANNELS * width * height, values.length));
    }
  }

  /**
   * One image of a batch.
   *
   * @param images {@code (N, 3 or 1, H, W)}, any floating type, any device; one channel is grey
   * @param row which of the N
   */
  public static RgbImage of(Tensor images, long row) {
    long channels = images.dim() == 4 ? images.size(1) : 0;
    if (channels != CHANNELS && channels != 1) {
      throw new IllegalArgumentException(
          "images are expected as (N, 3 or 1, H, W), found " + images.sizes());
    }
    int height = (int) images.size(2);
    int width = (int) images.size(3);
    try (Tensor view = images.select(0, row);
        Tensor single = view.to(torch.ScalarType.Float);
        Tensor local = single.cpu();
        Tensor colour = local.expand(CHANNELS, height, width);
        Tensor dense = colour.contiguous();
        FloatPointer data = dense.data_ptr_float()) {
      float[] values = new float[CHANNELS * height * width];
      data.get(values);
      return new RgbImage(width, height, values);
    }
  }

  /** All images of a batch, as {@link #of}. */
  public static List<RgbImage> all(Tensor images) {
    List<RgbImage> all = new ArrayList<>();
    for (long row = 0; row < images.size(0); row++) all.add(of(images, row));
    return all;
  }

  /**
   * Pictures of one size side by side.
   *
   * @param pictures at least one
   * @throws IllegalArgumentException when one has another size than the first
   */
  public static RgbImage row(List<RgbImage> pictures) {
    int width = pictures.get(0).width;
    int height = pictures.get(0).height;
    int across = width * pictures.size();
    float[] row = new float[CHANNELS * height * across];
    for (int i = 0; i < pictures.size(); i++) {
      RgbImage each = pictures.get(i);
      if (each.width != width || each.height != height)
        throw new IllegalArgumentException("a row of pictures of several sizes");
      for (int line = 0; line < CHANNELS * height; line++)
        System.arraycopy(each.values, line * width, row, line * across + i * width, width);
    }
    return new RgbImage(across, height, row);
  }

  /** The image as a batch of one: {@code (1, 3, H, W)}, float32, CPU. */
  public Tensor toTensor() {
    return Tensor.create(values, 1, CHANNELS, height, width);
  }

  /**
   * The image as a model of that many channels takes it.
   *
   * @param channels 3, or 1 for grey: .299 R + .587 G + .114 B (ITU-R BT.601), the value itself
   *     where all three are equal
   * @return {@code (1, channels, H, W)}, float32, CPU
   */
  public Tensor toTensor(int channels) {
    if (channels == CHANNELS) return toTensor();
    int plane = width * height;
    float[] grey = new float[plane];
    for (int i = 0; i < plane; i++) {
      float red = values[i];
      grey[i] = red + .587f * (values[plane + i] - red) + .114f * (values[2 * plane + i] - red);
    }
    return Tensor.create(grey, 1, 1, height, width);
  }

  /** The largest centred part with the proportions {@code newWidth : newHeight}, at that size. */
  public RgbImage fit(int newWidth, int newHeight) {
    // Compared by cross-multiplication, so that equal proportions cut nothing.
    long ratio = (long) width * newHeight - (long) height * newWidth;
    int cutWidth =
        ratio <= 0 ? width : Math.max(1, Math.round((float) height * newWidth / newHeight));
    int cutHeight =
        ratio >= 0 ? height : Math.max(1, Math.round((float) width * newHeight / newWidth));
    return crop((width - cutWidth) / 2, (height - cutHeight) / 2, cutWidth, cutHeight)
        .resize(newWidth, newHeight);
  }

  /** The whole image, as large as it fits, centred between white bars. */
  RgbImage pad(int newWidth, int newHeight) {
    double scale = Math.min((double) newWidth / width, (double) newHeight / height);
    int innerWidth = Math.max(1, Math.min(newWidth, (int) Math.round(width * scale)));
    int innerHeight = Math.max(1, Math.min(newHeight, (int) Math.round(height * scale)));
    RgbImage inner = resize(innerWidth, innerHeight);
    if (innerWidth == newWidth && innerHeight == newHeight) {
      return inner;
    }
    float[] padded = new float[CHANNELS * newWidth * newHeight];
    Arrays.fill(padded, 1);
    int left = (newWidth - innerWidth) / 2;
    int top = (newHeight - innerHeight) / 2;
    for (int row = 0; row < CHANNELS * innerHeight; row++) {
      int to = (row / innerHeight * newHeight + top + row % innerHeight) * newWidth + left;
      System.arraycopy(inner.values, row * innerWidth, padded, to, innerWidth);
    }
    return new RgbImage(newWidth, newHeight, padded);
  }

  /** The part of the image with the given left upper corner and size. */
  public RgbImage crop(int left, int top, int newWidth, int newHeight) {
    if (newWidth == width && newHeight == height) {
      return this;
    }
    float[] part = new float[CHANNELS * newWidth * newHeight];
    for (int row = 0; row < CHANNELS * newHeight; row++) {
      int from = (row / newHeight * height + top + row % newHeight) * width + left;
      System.arraycopy(values, from, part, row * newWidth, newWidth);
    }
    return new RgbImage(newWidth, newHeight, part);
  }

  /** The image at another size: area average where it shrinks, Lanczos where it grows. */
  public RgbImage resize(int newWidth, int newHeight) {
    if (newWidth == width && newHeight == height) {
      return this;
    }
    float[] resized = new float[CHANNELS * newWidth * newHeight];
    for (int channel = 0; channel < CHANNELS; channel++) {
      float[] plane = new float[width * height];
      System.arraycopy(values, channel * plane.length, plane, 0, plane.length);
      float[] result = Resampler.resample(plane, width, height, newWidth, newHeight);
      System.arraycopy(result, 0, resized, channel * result.length, result.length);
    }
    return new RgbImage(newWidth, newHeight, resized);
  }

  /** The image as a file of eight bits a channel holds it. */
  public RgbImage quantized() {
    float[] levels = new float[values.length];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = level(values[i]) / 127.5f - 1;
    }
    return new RgbImage(width, height, levels);
  }

  /** Red, green and blue of a pixel as {@code 0xRRGGBB}. */
  int pixel(int x, int y) {
    int rgb = 0;
    for (int channel = 0; channel < CHANNELS; channel++) {
      rgb = rgb << 8 | level(values[(channel * height + y) * width + x]);
    }
    return rgb;
  }

  private static int level(float value) {
    return Math.round(Math.min(1, Math.max(-1, value)) * 127.5f + 127.5f);
  }
}
