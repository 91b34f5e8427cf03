package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.NativeException;
import org.hspace.NativeMemoryException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which exceptions are the user's error, and which the program's. */
class NativeCallTest {
  @BeforeAll
  static void load() {
    NativeLibrary.load();
  }

  @Test
  void whatTheUserCanPutRightIsHisError() {
    HspaceException error =
        assertThrows(HspaceException.class, () -> TensorFile.open(Path.of("nowhere.safetensors")));
    assertTrue(error.getMessage().contains("nowhere.safetensors"), error.getMessage());
  }

  @Test
  void whatLibTorchRefusesIsTheProgramsError() {
    NativeException error =
        assertThrows(
            NativeException.class,
            () ->
                NativeCall.scoped(
                    () ->
                        Tensors.zeros(ScalarType.Float, 2, 3)
                            .matmul(Tensors.zeros(ScalarType.Float, 2, 3))));
    assertFalse(error instanceof NativeMemoryException);
    assertTrue(error.getMessage().contains("2x3 and 2x3"), error.getMessage());
    assertTrue(error.getCause().getMessage().contains("frame #"), "the trace is in the cause");
    assertEquals(1, error.getMessage().lines().count(), error.getMessage());
  }

  @Test
  void wantOfMemoryIsSaidAsSuch() {
    long bytes = 1L << 60; // no machine has as much
    for (Runnable call :
        new Runnable[] {
          () -> torch.empty(bytes),
          () -> {
            throw new RuntimeException("std::bad_alloc");
          }
        }) {
      NativeMemoryException error =
          assertThrows(NativeMemoryException.class, () -> NativeCall.scoped(call));
      assertTrue(error.getMessage().startsWith("out of memory: "), error.getMessage());
      assertEquals(1, error.getMessage().lines().count(), error.getMessage());
    }
  }

  @Test
  void errorsOfJavaPassUnchanged() {
    RuntimeException thrown = new IllegalArgumentException("hspace: not from C++");
    assertSame(
        thrown,
        assertThrows(
            IllegalArgumentException.class,
            () ->
                NativeCall.translating(
                    () -> {
                      throw thrown;
                    })));
  }
}
