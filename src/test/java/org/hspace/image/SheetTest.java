package org.hspace.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SheetTest {
  private static RgbImage flat(int side, float red, float green, float blue) {
    float[] values = new float[3 * side * side];
    Arrays.fill(values, 0, side * side, red);
    Arrays.fill(values, side * side, 2 * side * side, green);
    Arrays.fill(values, 2 * side * side, values.length, blue);
    return new RgbImage(side, side, values);
  }

  private static int count(RgbImage image, int rgb) {
    int count = 0;
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        count += image.pixel(x, y) == rgb ? 1 : 0;
      }
    }
    return count;
  }

  private static int ink(RgbImage image) {
    return image.width() * image.height() - count(image, 0xffffff);
  }

  @Test
  void smallPicturesAreEnlargedByAWholeFactor() {
    RgbImage sheet =
        new Sheet(1, 2).set(0, 0, flat(64, 1, -1, -1)).set(0, 1, flat(64, -1, -1, 1)).render();
    assertEquals(128 * 128, count(sheet, 0xff0000));
    assertEquals(128 * 128, count(sheet, 0x0000ff));
    RgbImage large = new Sheet(1, 1).set(0, 0, flat(200, -1, 1, -1)).render();
    assertEquals(200 * 200, count(large, 0x00ff00));
  }

  @Test
  void anOutlineFollowsTheEdgesOfItsMaskAlone() {
    float[] inside = new float[64 * 64];
    for (int y = 20; y < 30; y++) Arrays.fill(inside, 64 * y + 10, 64 * y + 40, 1);
    RgbImage plain = new Sheet(1, 1).set(0, 0, flat(64, -1, -1, 1)).render();
    RgbImage drawn = new Sheet(1, 1).outline(inside).set(0, 0, flat(64, -1, -1, 1)).render();
    int left = 16; // of the picture in the sheet, at twice its size
    int top = 16;
    for (int y = 0; y < plain.height(); y++) {
      for (int x = 0; x < plain.width(); x++) {
        double px = (x + 0.5 - left) / 2;
        double py = (y + 0.5 - top) / 2;
        boolean wide = px > 9 && px < 41 && py > 19 && py < 31; // a pixel around the rectangle
        boolean deep = px > 11 && px < 39 && py > 21 && py < 29; // a pixel inside of it
        if (!wide || deep) assertEquals(plain.pixel(x, y), drawn.pixel(x, y), x + ", " + y);
      }
    }
    for (int x = 10; x < 40; x++) {
      int edge = drawn.pixel(left + 2 * x + 1, top + 2 * 20);
      assertTrue((edge >> 16 & 255) > 100, "the upper edge at " + x);
    }
    // Of pictures of another size it is not theirs.
    RgbImage other = new Sheet(1, 1).outline(inside).set(0, 0, flat(32, -1, -1, 1)).render();
    assertEquals(ink(other), count(other, 0x0000ff));
  }

  @Test
  void picturesLieInReadingOrder() {
    List<RgbImage> pictures = new ArrayList<>();
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      pictures.add(flat(64, i / 5f * 2 - 1, -1, 1));
      captions.add("seed " + i);
    }
    RgbImage sheet = Sheet.of(pictures, captions).render();
    assertTrue(sheet.width() > sheet.height());
    int before = -1;
    for (int row = 0; row < 2; row++) {
      for (int column = 0; column < 3; column++) {
        int y = sheet.height() * (2 * row + 1) / 4;
        int red = sheet.pixel(sheet.width() * (2 * column + 1) / 6, y - 8) >> 16;
        assertTrue(red > before, "row " + row + ", column " + column);
        before = red;
      }
    }
  }

  /** 16 pictures are 4 x 4, not 5 + 5 + 5 + 1. */
  @ParameterizedTest
  @CsvSource({
    "1,1", "2,2", "3,3", "4,2", "5,3", "6,3", "7,4", "8,4", "9,3", "10,5", "12,4", "16,4", "17,6",
    "24,6", "25,5", "64,8"
  })
  void rowsAreBalanced(int pictures, int columns) {
    assertEquals(columns, Sheet.balancedColumns(pictures));
  }

  @Test
  void captionsAreDrawnAndMakeRoom() {
    RgbImage picture = flat(64, 1, 1, 1);
    RgbImage bare = new Sheet(1, 1).set(0, 0, picture).render();
    assertEquals(0, ink(bare));
    RgbImage captioned =
        new Sheet(1, 1)
            .set(0, 0, picture)
            .title("Title")
            .columns(List.of("column\ntwo"))
            .rows(List.of("row"))
            .render();
    assertTrue(captioned.height() > bare.height() + 40);
    assertTrue(captioned.width() > bare.width());
    assertTrue(ink(captioned) > 300);
  }

  @Test
  void sheetsStackBelowOneAnother() {
    RgbImage stacked = Sheet.stack(List.of(flat(10, 1, -1, -1), flat(20, -1, -1, 1)));
    assertEquals(20, stacked.width());
    assertEquals(30, stacked.height());
    assertEquals(0xff0000, stacked.pixel(5, 5));
    assertEquals(0xffffff, stacked.pixel(15, 5));
    assertEquals(0x0000ff, stacked.pixel(15, 25));
  }

  @Test
  void everyPrintableCharacterHasAGlyph() {
    for (char c = '!'; c <= '~'; c++) {
      String text = String.valueOf(c);
      assertTrue(StrokeFont.width(text, 70) > 0, text);
      assertTrue(StrokeFont.has(c), text);
    }
    for (char c : "−±·×°σγηεΔ…".toCharArray()) {
      assertTrue(StrokeFont.has(c), String.valueOf(c));
    }
    assertFalse(StrokeFont.has('\u4e00'));
    assertEquals(48, StrokeFont.width("\u4e00", 70)); // the empty box
  }

  @Test
  void longCaptionsAreShortenedToFit() {
    String text = "a file name that is far too long for a cell.png";
    String shown = StrokeFont.shorten(text, 9, 100);
    assertTrue(StrokeFont.width(shown, 9) <= 100);
    assertTrue(shown.endsWith("…") && text.startsWith(shown.substring(0, shown.length() - 1)));
    assertEquals("short", StrokeFont.shorten("short", 9, 100));
  }
}
