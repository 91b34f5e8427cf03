package org.hspace.cli;

import com.google.gson.GsonBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hspace.io.AtomicFile;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code --json FILE}: a command's figures for programs. */
final class JsonMixin {
  private static final int SHOWN = 5;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      order = 70,
      description =
          "Write the figures as JSON, to standard output if FILE is -; numbers that are not finite become null, and a warning names them.")
  @Writes(Writes.As.TEXT)
  private Path file;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  /** Writes the figures, if asked to; says which of them are null for want of a number. */
  void write(Map<String, Object> figures) {
    if (file == null) return;
    List<String> nulls = new ArrayList<>();
    String json =
        new GsonBuilder()
            .setPrettyPrinting()
            .disableHtmlEscaping()
            .serializeNulls()
            .create()
            .toJson(finite("", figures, nulls));
    AtomicFile.write(file, json + "\n");
    if (!nulls.isEmpty()) {
      String names = String.join(", ", nulls.subList(0, Math.min(SHOWN, nulls.size())));
      command
          .commandLine()
          .getErr()
          .printf(
              "hspace: warning: %s: null for what is infinite or not a number: %s%s%n",
              file,
              names,
              nulls.size() > SHOWN ? " and %d more".formatted(nulls.size() - SHOWN) : "");
    }
  }

  /** Infinity and not-a-number have no form in JSON; where they were is added to {@code nulls}. */
  private static Object finite(String place, Object value, List<String> nulls) {
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> result = new LinkedHashMap<>();
      String prefix = place.isEmpty() ? "" : place + ".";
      map.forEach((key, each) -> result.put(key, finite(prefix + key, each, nulls)));
      return result;
    }
    if (value instanceof double[] numbers) {
      return finite(place, Arrays.stream(numbers).boxed().toList(), nulls);
    }
    if (value instanceof Iterable<?> values) {
      List<Object> result = new ArrayList<>();
      for (Object each : values) result.add(finite(place + "[" + result.size() + "]", each, nulls));
      return result;
    }
    if (!(value instanceof Double number) || Double.isFinite(number)) return value;
    nulls.add(place + " = " + number);
    return null;
  }
}
