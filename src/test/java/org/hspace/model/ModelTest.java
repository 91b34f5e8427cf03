package org.hspace.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {
  @TempDir Path directory;

  /** A copy of the tiny pipeline that a test may spoil. */
  private Path copy() throws IOException {
    Path target = directory.resolve("model");
    try (Stream<Path> files = Files.walk(TinyModel.DIRECTORY)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(TinyModel.DIRECTORY.relativize(file)));
      }
    }
    return target;
  }

  private static String failure(Path path) {
    return assertThrows(HspaceException.class, () -> Model.open(path, ModelOptions.DEFAULT).close())
        .getMessage();
  }

  @Test
  void describesItself() {
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      assertArrayEquals(new int[] {3, 16, 16}, model.sampleShape());
      assertArrayEquals(new int[] {16, 4, 4}, model.bottleneckShape(HSpace.AFTER));
      assertArrayEquals(new int[] {16, 4, 4}, model.bottleneckShape(HSpace.MIDDLE));
      assertEquals(64, model.hash().length());
    }
  }

  @Test
  void theHashFollowsTheWeights() throws IOException {
    Path path = copy();
    String before;
    try (Model model = Model.open(path, ModelOptions.DEFAULT)) {
      before = model.hash();
    }
    try (Model original = TinyModel.open(DType.FLOAT64)) {
      assertEquals(original.hash(), before, "neither place nor precision matter");
    }
    Path weights = path.resolve("unet/diffusion_pytorch_model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    try (Model model = Model.open(path, ModelOptions.DEFAULT)) {
      assertNotEquals(before, model.hash());
    }
  }

  @Test
  void oneEncodingServesSeveralDecodings() {
    try (Model model = TinyModel.open(DType.FLOAT64);
        PointerScope scope = new PointerScope()) {
      Tensor x = Tensors.zeros(ScalarType.Double, 2, 3, 16, 16);
      Tensor t = Tensors.of(500L);
      try (Bottleneck bottleneck = model.unet().encode(x, t, HSpace.AFTER)) {
        Tensor plain = model.unet().decode(bottleneck, null);
        Tensor edited = model.unet().decode(bottleneck, bottleneck.h());
        Tensor again = model.unet().decode(bottleneck, null);
        assertTrue(plain.equal(again));
        assertTrue(plain.sub(edited).abs().max().item_double() > 1e-3);
      }
    }
  }

  @Test
  void useAfterCloseIsAnError() {
    Model model = TinyModel.open(DType.FLOAT32);
    UNet unet = model.unet();
    Bottleneck bottleneck =
        unet.encode(Tensors.zeros(ScalarType.Float, 1, 3, 16, 16), Tensors.of(0L), HSpace.AFTER);
    bottleneck.close();
    assertThrows(IllegalStateException.class, bottleneck::h);
    model.close();
    model.close();
    assertThrows(IllegalStateException.class, model::unet);
    assertThrows(IllegalStateException.class, () -> unet.decode(bottleneck, null));
  }

  @Test
  void badDirectoriesAreNamed() throws IOException {
    assertTrue(failure(directory.resolve("nowhere")).contains("nowhere"));
    assertTrue(failure(directory).contains("unet/config.json"));
    Path path = copy();
    Files.delete(path.resolve("scheduler/scheduler_config.json"));
    assertTrue(failure(path).contains("scheduler/scheduler_config.json"));
  }

  @Test
  void truncatedWeightsAreNamed() throws IOException {
    Path path = copy();
    Path weights = path.resolve("unet/diffusion_pytorch_model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, java.util.Arrays.copyOf(bytes, bytes.length - 100));
    String message = failure(path);
    assertTrue(message.contains("diffusion_pytorch_model.safetensors"), message);
    assertTrue(!message.contains("frame #"), "no C++ trace: " + message);
  }

  @Test
  void devicesAndTypesAreNamed() {
    assertThrows(HspaceException.class, () -> new Device("gpu"));
    assertThrows(HspaceException.class, () -> DType.parse("half"));
    assertThrows(HspaceException.class, () -> HSpace.parse("inside"));
    for (DType type : DType.values()) assertEquals(type, DType.parse(type.id()));
    for (HSpace point : HSpace.values()) assertEquals(point, HSpace.parse(point.id()));
  }
}
