package org.hspace.nativelib;

import static org.hspace.nativelib.FlatMemory.assertFlat;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a closed owner or scope held is given back at once, without the garbage collector's help.
 */
class NativeMemoryTest {
  @BeforeAll
  static void load() {
    NativeLibrary.load();
  }

  @Test
  void networkPassesLeaveNothing() {
    try (PointerScope scope = new PointerScope()) {
      HspaceNative.UNet unet =
          HspaceNative.Model.open(
                  Utf8.bytes("src/test/resources/golden/tiny-pipeline"),
                  new HspaceNative.ModelOptions())
              .unet();
      Runnable pass =
          () ->
              NativeCall.scoped(
                  () -> {
                    // Skips, h and ε of this batch are 12 MiB together.
                    Tensor x = torch.randn(256, 3, 16, 16);
                    HspaceNative.Bottleneck bottleneck =
                        unet.encode(x, Tensors.of(500L), HspaceNative.MIDDLE);
                    unet.decode(bottleneck, bottleneck.h());
                  });
      assertFlat(pass, 10, 40);
    }
  }

  @Test
  void closedFilesLeaveNothing(@TempDir Path directory) {
    Path path = directory.resolve("a.safetensors");
    Runnable roundTrip =
        () -> {
          try (PointerScope scope = new PointerScope()) {
            Tensor rows = torch.randn(256, 1024); // 1 MiB
            try (TensorFileWriter writer = new TensorFileWriter(path)) {
              writer.declare("rows", ScalarType.Float, 256, 1024);
              writer.write("rows", rows);
              writer.finish();
            }
            try (TensorFile file = TensorFile.open(path)) {
              assertTrue(file.tensor("rows").equal(rows));
            }
          }
        };
    assertFlat(roundTrip, 10, 100);
  }
}
