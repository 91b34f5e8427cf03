package org.hspace.image;

/**
 * How a picture is to be turned before it is shown.
 *
 * @param tag EXIF's value, 1 to 8: 1 as it is, 3 upside down, 6 and 8 by a quarter turn; 2, 4, 5
 *     and 7 mirrored
 */
record Orientation(int tag) {
  static final Orientation NORMAL = new Orientation(1);

  /** The orientation of a tag; other values than 1 to 8 say nothing. */
  static Orientation of(Integer tag) {
    return tag == null || tag < 1 || tag > 8 ? NORMAL : new Orientation(tag);
  }

  /** Whether width and height change places. */
  boolean turns() {
    return tag >= 5;
  }

  /**
   * Where a pixel of the shown picture lies in the stored one, row by row.
   *
   * @param x of the shown picture
   * @param y likewise
   * @param width of the stored picture
   * @param height likewise
   */
  int source(int x, int y, int width, int height) {
    int right = width - 1;
    int bottom = height - 1;
    return switch (tag) {
      case 2 -> y * width + right - x;
      case 3 -> (bottom - y) * width + right - x;
      case 4 -> (bottom - y) * width + x;
      case 5 -> x * width + y;
      case 6 -> (bottom - x) * width + y;
      case 7 -> (bottom - x) * width + right - y;
      case 8 -> x * width + right - y;
      default -> y * width + x;
    };
  }
}
