package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesTest {
  @TempDir Path directory;

  /** Two of 2 x 1 pixels: white and black, black and white. */
  private static Images images() {
    return new Images(
        () -> Tensors.of(new double[] {1, -1, 1, -1, 1, -1, -1, 1, -1, 1, -1, 1}, 2, 3, 1, 2));
  }

  @Test
  void areCountedConvertedAndSaved() {
    Path file = directory.resolve("second.png");
    try (Images images = images();
        PointerScope scope = new PointerScope()) {
      assertEquals(2, images.size());
      assertArrayEquals(new long[] {2, 3, 1, 2}, Tensors.shape(images.tensor()));
      assertArrayEquals(new float[] {1, -1, 1, -1, 1, -1}, images.picture(0).values());
      assertEquals(2, images.pictures().size());
      images.save(1, file);
    }
    RgbImage saved = ImageFile.read(file);
    assertArrayEquals(new float[] {-1, 1, -1, 1, -1, 1}, saved.values());
  }

  @Test
  void aTensorGivenAwayOutlivesThem() {
    Images images = images();
    try (Tensor tensor = images.tensor()) {
      images.close();
      assertEquals(1, tensor.max().item_double());
      assertTrue(images.isClosed());
      assertThrows(IllegalStateException.class, images::tensor);
      assertThrows(IllegalStateException.class, images::size);
      assertThrows(IllegalStateException.class, () -> images.picture(0));
    }
  }

  @Test
  void whatIsNotThereIsNamed() {
    try (Images images = images()) {
      assertThrows(IndexOutOfBoundsException.class, () -> images.picture(2));
      assertThrows(
          IndexOutOfBoundsException.class, () -> images.save(-1, directory.resolve("a.png")));
      assertThrows(HspaceException.class, () -> images.save(0, directory.resolve("a.xyz")));
    }
  }
}
