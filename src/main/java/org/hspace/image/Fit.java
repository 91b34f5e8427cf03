package org.hspace.image;

/** How a picture of other proportions comes to a given size. */
public enum Fit {
  /** The largest centred part of those proportions. */
  CROP {
    @Override
    public RgbImage apply(RgbImage image, int width, int height) {
      return image.fit(width, height);
    }
  },
  /** All of it, with other proportions. */
  STRETCH {
    @Override
    public RgbImage apply(RgbImage image, int width, int height) {
      return image.resize(width, height);
    }
  },
  /** All of it, centred between white bars. */
  PAD {
    @Override
    public RgbImage apply(RgbImage image, int width, int height) {
      return image.pad(width, height);
    }
  };

  /**
   * Applies it; area average where the picture shrinks, Lanczos where it grows.
   *
   * @param width in pixels, of the result
   * @param height likewise
   */
  public abstract RgbImage apply(RgbImage image, int width, int height);

  /** What messages call it. */
  public String id() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
