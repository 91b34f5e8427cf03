package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.hspace.image.RgbImage;
import org.junit.jupiter.api.Test;

/** {@code hspace sample} end to end. */
class SampleCommandTest extends CommandTest {
  @Test
  void aSeedsImageIsTheSameAloneAndAmongOthers() {
    run("sample --seeds 5 --steps 4 --out", file("one.png"));
    run("sample --seeds 3-6 --steps 4 --batch 3 --images", file("all"), "--out", file("sheet.png"));
    RgbImage one = image("one.png");
    assertEquals(16, one.width());
    assertEquals(16, one.height());
    assertSamePicture("one.png", "all/seed-5.png");
    assertTrue(image("sheet.png").width() > 2 * 128);
  }
}
