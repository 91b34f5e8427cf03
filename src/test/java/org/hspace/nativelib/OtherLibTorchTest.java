package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OtherLibTorchTest {
  private static final String LINE =
      "7f0000000000-7f0001000000 r-xp 00000000 fe:00 131 %20s%s/libtorch_cpu.so";

  @Test
  void ourOwnIsNone() {
    NativeLibrary.load();
    assertEquals(Optional.empty(), OtherLibTorch.find());
  }

  @Test
  void aLibTorchFromElsewhereIsOne() {
    List<String> maps =
        List.of(
            "7f0000000000-7f0001000000 rw-p 00000000 00:00 0 ",
            LINE.formatted("", "/home/a b/.javacpp/cache/pytorch.jar/org/bytedeco/pytorch"),
            LINE.formatted("", "/home/a b/.djl.ai/pytorch/2.7.1-cpu-linux-x86_64"));
    assertEquals(
        Optional.of(Path.of("/home/a b/.djl.ai/pytorch/2.7.1-cpu-linux-x86_64/libtorch_cpu.so")),
        OtherLibTorch.find(maps.stream(), List.of(Path.of("/home/a b/.javacpp/cache"))));
  }
}
