package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorFileTest {
  @TempDir Path directory;

  @BeforeAll
  static void load() {
    NativeLibrary.load();
  }

  @Test
  void tensorsAndMetadataComeBackAsWritten() {
    Path path = directory.resolve("straße.safetensors");
    try (PointerScope scope = new PointerScope();
        TensorFileWriter writer = new TensorFileWriter(path)) {
      writer.declare("directions", ScalarType.Double, 3, 2);
      writer.declare("count", ScalarType.Long);
      writer.metadata("names", "[\"lächeln\", \"笑顔\", \"😀\"]");
      writer.metadata("empty", "");
      // Rows in any order.
      writer.write("directions", Tensors.of(new double[] {5, 6}, 1, 2), 2);
      writer.write("directions", Tensors.of(new double[] {1, 2, 3, 4}, 2, 2));
      writer.write("count", Tensors.of(7L).squeeze());
      writer.finish();
    }
    try (PointerScope scope = new PointerScope();
        TensorFile file = TensorFile.open(path)) {
      assertEquals(Set.of("directions", "count"), file.names());
      assertTrue(file.contains("count"));
      assertFalse(file.contains("Count"));
      assertEquals(Map.of("names", "[\"lächeln\", \"笑顔\", \"😀\"]", "empty", ""), file.metadata());
      Tensor directions = file.tensor("directions");
      assertArrayEquals(new long[] {3, 2}, Tensors.shape(directions));
      assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, Tensors.doubles(directions));
      assertArrayEquals(new long[] {}, Tensors.shape(file.tensor("count")));
      assertArrayEquals(new long[] {7}, Tensors.longs(file.tensor("count")));
    }
  }

  @Test
  void aTensorOutlivesItsFile() {
    Path path = directory.resolve("a.safetensors");
    write(path, 1, 2, 3);
    try (PointerScope scope = new PointerScope()) {
      Tensor values;
      try (TensorFile file = TensorFile.open(path)) {
        values = file.tensor("values");
      }
      assertArrayEquals(new double[] {1, 2, 3}, Tensors.doubles(values));
    }
  }

  @Test
  void aNativeErrorIsOneClearMessageWithItsCause() throws IOException {
    Path path = directory.resolve("broken.safetensors");
    Files.write(path, new byte[] {1, 2, 3});
    HspaceException error = assertThrows(HspaceException.class, () -> TensorFile.open(path));
    assertTrue(error.getMessage().contains(path.toString()), error.getMessage());
    assertFalse(error.getMessage().startsWith("hspace: "), error.getMessage());
    assertEquals("hspace: " + error.getMessage(), error.getCause().getMessage());
  }

  @Test
  void anErrorOfJavaCodeInsideANativeCallStaysWhatItIs() {
    IllegalStateException thrown = new IllegalStateException("mine");
    IllegalStateException caught =
        assertThrows(
            IllegalStateException.class,
            () ->
                NativeCall.scoped(
                    () -> {
                      throw thrown;
                    }));
    assertEquals(thrown, caught);
  }

  @Test
  void useAfterCloseIsAnException() {
    Path path = directory.resolve("a.safetensors");
    write(path, 1);
    TensorFile file = TensorFile.open(path);
    assertFalse(file.isClosed());
    file.close();
    file.close();
    assertTrue(file.isClosed());
    IllegalStateException error = assertThrows(IllegalStateException.class, file::names);
    assertEquals("tensor file " + path + " used after close()", error.getMessage());
    assertThrows(IllegalStateException.class, () -> file.tensor("values"));
    assertThrows(IllegalStateException.class, file::metadata);
  }

  @Test
  void aWriterThatIsNotFinishedLeavesNothing() throws IOException {
    Path path = directory.resolve("partial.safetensors");
    try (PointerScope scope = new PointerScope();
        TensorFileWriter writer = new TensorFileWriter(path)) {
      writer.declare("values", ScalarType.Double, 2);
      writer.write("values", Tensors.of(new double[] {1}, 1));
      HspaceException error = assertThrows(HspaceException.class, writer::finish);
      assertTrue(error.getMessage().contains("values"), error.getMessage());
    }
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(), files.toList());
    }
  }

  private static void write(Path path, double... values) {
    try (PointerScope scope = new PointerScope();
        TensorFileWriter writer = new TensorFileWriter(path)) {
      writer.declare("values", ScalarType.Double, values.length);
      writer.write("values", Tensors.of(values, values.length));
      writer.finish();
    }
  }
}
