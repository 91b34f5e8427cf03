package org.hspace.nativelib;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.global.torch;

/** What the last bits of a result depend on beside the program: kernels are chosen by it. */
public final class Machine {
  private Machine() {}

  /** Processor, the instructions in use, threads: equal texts mean equal bits. */
  public static String current() {
    NativeLibrary.load();
    String limit = System.getenv("ONEDNN_MAX_CPU_ISA");
    return "%s, %s%s, threads %d"
        .formatted(
            processor(),
            capability(),
            limit == null ? "" : ", oneDNN up to " + limit.replaceAll("\\p{Cntrl}", " "),
            NativeRuntime.threads());
  }

  /** What LibTorch's own kernels are built for here, for instance AVX512. */
  private static String capability() {
    try (BytePointer name = torch.get_cpu_capability()) {
      return Utf8.string(name);
    }
  }

  private static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException | RuntimeException e) {
      return System.getProperty("os.arch");
    }
  }
}
