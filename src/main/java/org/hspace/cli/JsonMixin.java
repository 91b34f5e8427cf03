package org.hspace.cli;

import com.google.gson.GsonBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hspace.io.AtomicFile;
import picocli.CommandLine.Option;

/** {@code --json FILE}: a command's figures for programs. */
final class JsonMixin {
  @Option(
      names = "--json",
      paramLabel = "FILE",
      order = 70,
      description =
          "Write the figures as JSON, to standard output if FILE is -; numbers that are not finite become null.")
  @Writes(Writes.As.TEXT)
  private Path file;

  /** Writes the figures, if asked to. */
  void write(Map<String, Object> figures) {
    if (file != null) {
      String json =
          new GsonBuilder()
              .setPrettyPrinting()
              .disableHtmlEscaping()
              .serializeNulls()
              .create()
              .toJson(finite(figures));
      AtomicFile.write(file, json + "\n");
    }
  }

  /** Infinity and not-a-number have no form in JSON. */
  private static Object finite(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> result = new LinkedHashMap<>();
      map.forEach((key, each) -> result.put(key, finite(each)));
      return result;
    }
    if (value instanceof double[] numbers) {
      List<Object> result = new ArrayList<>();
      for (double number : numbers) {
        result.add(finite(number));
      }
      return result;
    }
    if (value instanceof Iterable<?> values) {
      List<Object> result = new ArrayList<>();
      values.forEach(each -> result.add(finite(each)));
      return result;
    }
    return value instanceof Double number && !Double.isFinite(number) ? null : value;
  }
}
