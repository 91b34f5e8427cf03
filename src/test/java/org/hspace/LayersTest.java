package org.hspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A package knows only those before it. */
final class LayersTest {
  private static final Path SOURCES = Path.of("src/main/java/org/hspace");

  /** Of {@code org.hspace} itself and its packages; README's layout says the same. */
  private static final List<String> ORDER =
      List.of(
          "",
          "io",
          "image",
          "nativelib",
          "linalg",
          "text",
          "pipeline",
          "directions",
          "evaluate",
          "app",
          "app.discover",
          "app.demo",
          "studio",
          "cli",
          "spark");

  private static final Pattern USE = Pattern.compile("\\borg\\.hspace\\.((?:[a-z]\\w*\\.)*)[A-Z]");

  @Test
  void packagesKnowOnlyThoseBeforeThem() throws IOException {
    List<String> upwards = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> all = Files.walk(SOURCES)) {
      files = all.filter(file -> file.toString().endsWith(".java")).toList();
    }
    for (Path file : files) {
      String own = SOURCES.relativize(file.getParent()).toString().replace('/', '.');
      int place = ORDER.indexOf(own);
      assertTrue(place >= 0, file + " is in a package that has no place");
      Matcher used = USE.matcher(Files.readString(file));
      while (used.find()) {
        String other = used.group(1).replaceFirst("\\.$", "");
        if (ORDER.indexOf(other) > place) upwards.add(file + " knows " + other);
      }
    }
    assertTrue(files.size() > 100, "sources of " + SOURCES.toAbsolutePath());
    assertEquals(List.of(), upwards);
  }
}
