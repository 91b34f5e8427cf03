package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What loading the libraries does to a JVM; each case is seen in a JVM of its own. */
class LoadingTest {
  @Test
  void loadingChangesNothingAndConfiguringWhatItIsTold() throws Exception {
    int openBlas = Math.min(2, Runtime.getRuntime().availableProcessors());
    List<String> lines = jvm("settings");
    assertEquals(3, lines.size(), lines::toString);
    assertEquals(lines.get(0) + ", OpenBLAS " + openBlas, lines.get(1));
    assertEquals(lines.get(0).replace("threads 2", "threads 3") + ", OpenBLAS 1", lines.get(2));
  }

  /** JavaCPP alone would copy it out of its jar under two names and load both. */
  @Test
  void oneOpenBlasIsLoadedFromAFreshCache(@TempDir Path cache) throws Exception {
    for (int start = 0; start < 2; start++) {
      List<String> libraries = jvm("libraries", "-Dorg.bytedeco.javacpp.cachedir=" + cache);
      assertEquals(1, libraries.size(), libraries::toString);
    }
  }

  @Test
  void aCacheWithTwoCopiesIsMended(@TempDir Path cache) throws Exception {
    String property = "-Dorg.bytedeco.javacpp.cachedir=" + cache;
    assertEquals(2, jvm("plain", property).size());
    assertEquals(1, jvm("libraries", property).size());
  }

  private static List<String> jvm(String what, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), LoadingTest.class.getName(), what));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("OPENBLAS_NUM_THREADS", "2");
    Process process = builder.start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    assertEquals(0, process.waitFor(), lines::toString);
    return lines;
  }

  /** The other JVM's program. */
  public static void main(String[] arguments) throws IOException {
    switch (arguments[0]) {
      case "settings" -> {
        Loader.load(torch.class);
        torch.set_num_threads(2);
        System.out.println(libTorch());
        NativeLibrary.load();
        System.out.println(libTorch() + ", OpenBLAS " + NativeRuntime.openBlasThreads());
        NativeRuntime.configure(new RuntimeOptions(3, 1));
        System.out.println(libTorch() + ", OpenBLAS " + NativeRuntime.openBlasThreads());
      }
      case "libraries" -> {
        NativeLibrary.load();
        openBlasFiles().forEach(System.out::println);
      }
      case "plain" -> {
        Loader.load(torch.class);
        openBlasFiles().forEach(System.out::println);
      }
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static String libTorch() {
    return "allocator %x, threads %d"
        .formatted(torch.getCPUAllocator().address(), torch.get_num_threads());
  }

  /** By inode: one file may be mapped under two names. */
  private static Iterable<String> openBlasFiles() {
    Map<String, String> files = new TreeMap<>();
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      lines
          .filter(line -> line.contains("/libopenblas"))
          .forEach(line -> files.put(line.split("\\s+")[4], line.split("\\s+", 6)[5]));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files.values();
  }
}
