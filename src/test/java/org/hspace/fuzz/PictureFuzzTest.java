package org.hspace.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.image.ImageFile;
import org.hspace.image.MaskFile;
import org.hspace.nativelib.NativeLibrary;
import org.junit.jupiter.api.BeforeAll;

/** A picture, also as a mask. */
class PictureFuzzTest {
  @BeforeAll
  static void load() {
    NativeLibrary.load();
  }

  @FuzzTest(maxDuration = "4s")
  void pictures(byte[] data) {
    Path file = Refusal.file(".png", data);
    Refusal.orTaken(() -> ImageFile.read(file));
    try (PointerScope scope = new PointerScope()) {
      Refusal.orTaken(() -> MaskFile.read(file.toString(), 4, 4));
    }
  }
}
