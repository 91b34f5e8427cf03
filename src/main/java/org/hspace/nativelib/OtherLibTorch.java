package org.hspace.nativelib;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;

/**
 * Another engine's LibTorch in this process, for instance DJL's. The loader takes libraries of one
 * name for the same one: two LibTorches get each other's parts, and whichever comes second fails.
 */
final class OtherLibTorch {
  private static final Path MAPPED = Path.of("/proc/self/maps");

  private OtherLibTorch() {}

  /** The file of a LibTorch that JavaCPP did not load. */
  static Optional<Path> find() {
    List<Path> ours = new ArrayList<>();
    for (String folder : System.getProperty("java.library.path", "").split(File.pathSeparator)) {
      if (!folder.isEmpty()) ours.add(Path.of(folder).toAbsolutePath());
    }
    try {
      ours.add(Loader.getCacheDir().toPath().toAbsolutePath());
    } catch (IOException e) {
      // then it has loaded nothing from there
    }
    try (Stream<String> lines = Files.lines(MAPPED, StandardCharsets.ISO_8859_1)) {
      return find(lines, ours);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** {@link #find()} for the lines of a {@code /proc/self/maps} and folders that are ours. */
  static Optional<Path> find(Stream<String> maps, List<Path> ours) {
    return maps.filter(line -> line.endsWith("/libtorch_cpu.so"))
        .map(line -> Path.of(line.substring(line.indexOf('/'))))
        .filter(file -> ours.stream().noneMatch(file::startsWith))
        .findFirst();
  }
}
