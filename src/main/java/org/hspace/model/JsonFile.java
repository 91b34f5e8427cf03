package org.hspace.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.hspace.io.TextFile;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.OneLine;

/**
 * A JSON object in a file, read key by key with defaults; every complaint names file, key,
 * expectation and finding.
 */
final class JsonFile {
  private final Path file;
  private final JsonObject object;

  private JsonFile(Path file, JsonObject object) {
    this.file = file;
    this.object = object;
  }

  static JsonFile read(Path file) {
    try {
      JsonElement root = JsonParser.parseString(TextFile.read(file));
      if (root.isJsonObject()) return new JsonFile(file, root.getAsJsonObject());
      throw new HspaceException(file + ": expected a JSON object");
    } catch (JsonParseException e) {
      throw new HspaceException(file + ": not JSON: " + OneLine.first(e));
    }
  }

  HspaceException error(String key, String expected, Object found) {
    return new HspaceException(file + ": " + key + ": expected " + expected + ", found " + found);
  }

  private JsonElement get(String key) {
    JsonElement value = object.get(key);
    return value == null || value.isJsonNull() ? null : value;
  }

  String choice(String key, String fallback, Set<String> allowed) {
    JsonElement value = get(key);
    if (value == null) return fallback;
    boolean text = value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
    if (!text || !allowed.contains(value.getAsString())) {
      throw error(key, "one of " + String.join(", ", new TreeSet<>(allowed)), value);
    }
    return value.getAsString();
  }

  String text(String key, String fallback) {
    JsonElement value = get(key);
    if (value == null) return fallback;
    if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
      throw error(key, "a string", value);
    }
    return value.getAsString();
  }

  boolean flag(String key, boolean fallback) {
    JsonElement value = get(key);
    if (value == null) return fallback;
    if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
      throw error(key, "true or false", value);
    }
    return value.getAsBoolean();
  }

  double number(String key, double fallback, double least, double most) {
    JsonElement value = get(key);
    return value == null ? fallback : inRange(key, value, least, most);
  }

  int integer(String key, int fallback, int least, int most) {
    JsonElement value = get(key);
    if (value == null) return fallback;
    double number = inRange(key, value, least, most);
    if (number != Math.rint(number)) throw error(key, "an integer", value);
    return (int) number;
  }

  /** A list of numbers in [0, 1), or null when the key is absent. */
  List<Double> numbers(String key) {
    JsonElement value = get(key);
    if (value == null) return null;
    if (!value.isJsonArray()) throw error(key, "a list of numbers", value);
    List<Double> numbers = new ArrayList<>();
    for (JsonElement one : value.getAsJsonArray()) numbers.add(inRange(key, one, 0, 1));
    return numbers;
  }

  /** Height and width from {@code n} or {@code [h, w]}; null when the key is absent. */
  int[] size(String key) {
    JsonElement value = get(key);
    if (value == null) return null;
    if (!value.isJsonArray()) {
      int side = (int) inRange(key, value, 1, 1 << 16);
      return new int[] {side, side};
    }
    if (value.getAsJsonArray().size() != 2) throw error(key, "a size or [height, width]", value);
    return new int[] {
      (int) inRange(key, value.getAsJsonArray().get(0), 1, 1 << 16),
      (int) inRange(key, value.getAsJsonArray().get(1), 1, 1 << 16)
    };
  }

  private double inRange(String key, JsonElement value, double least, double most) {
    boolean number = value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber();
    if (!number || !(value.getAsDouble() >= least && value.getAsDouble() <= most)) {
      throw error(key, "a number from " + plain(least) + " to " + plain(most), value);
    }
    return value.getAsDouble();
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
