package org.hspace.io;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hspace.HspaceException;

/**
 * A JSON object that somebody else may have written, read field by field: a getter returns a value
 * of its type and range, or throws an {@link HspaceException} that names place, key, expectation
 * and finding. A field that is null counts as absent.
 */
public final class JsonFields {
  private static final int SHOWN = 60;

  private final String place;
  private final JsonObject object;

  private JsonFields(String place, JsonElement element) {
    this.place = place;
    if (element == null || !element.isJsonObject()) {
      throw new HspaceException(place + ": expected a JSON object, found " + shown(element));
    }
    this.object = element.getAsJsonObject();
  }

  /**
   * Reads a text.
   *
   * @param json null for a text that is not there
   * @param place where it stands, for messages
   */
  public static JsonFields parse(String json, String place) {
    return new JsonFields(place, json == null ? null : tree(json, place));
  }

  /** Reads a file. */
  public static JsonFields read(Path file) {
    return parse(TextFile.read(file), file.toString());
  }

  /**
   * Reads a text that is a list of strings.
   *
   * @param json null for a text that is not there
   * @param place where it stands, for messages
   */
  public static List<String> parseTexts(String json, String place) {
    JsonObject holder = new JsonObject();
    if (json != null) holder.add(place, tree(json, place));
    return new JsonFields("", holder).texts(place);
  }

  private static JsonElement tree(String json, String place) {
    try {
      return JsonParser.parseString(json);
    } catch (JsonParseException e) {
      throw new HspaceException(place + ": expected JSON, found " + shortened(json), e);
    }
  }

  /** The complaint about a field. */
  public HspaceException error(String key, String expected) {
    return error(key, expected, get(key));
  }

  private HspaceException error(String key, String expected, JsonElement found) {
    return new HspaceException(at(key) + ": expected " + expected + ", found " + shown(found));
  }

  private String at(String key) {
    return place.isEmpty() ? key : place + ": " + key;
  }

  private static String shown(JsonElement found) {
    return found == null ? "nothing" : shortened(found.toString());
  }

  private static String shortened(String text) {
    String line = text.replaceAll("\\p{Cntrl}+", " ");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
  }

  private JsonElement get(String key) {
    JsonElement value = object.get(key);
    return value == null || value.isJsonNull() ? null : value;
  }

  /** Whether the field is there. */
  public boolean has(String key) {
    return get(key) != null;
  }

  /** The names of all fields, in their order. */
  public Set<String> keys() {
    return object.keySet();
  }

  /** What a field holds. */
  public enum Kind {
    NOTHING,
    OBJECT,
    LIST,
    NUMBER,
    TEXT,
    FLAG
  }

  /** What the field holds, for those that may hold several things. */
  public Kind kind(String key) {
    JsonElement value = get(key);
    if (value == null) return Kind.NOTHING;
    if (value.isJsonObject()) return Kind.OBJECT;
    if (value.isJsonArray()) return Kind.LIST;
    JsonPrimitive primitive = value.getAsJsonPrimitive();
    return primitive.isNumber() ? Kind.NUMBER : primitive.isString() ? Kind.TEXT : Kind.FLAG;
  }

  /** A string of one line with something in it. */
  public String text(String key) {
    return text(key, get(key));
  }

  /** Any string. */
  public String string(String key) {
    JsonElement value = get(key);
    if (value instanceof JsonPrimitive p && p.isString()) return p.getAsString();
    throw error(key, "a text", value);
  }

  /** The same, with a value for a field that is absent. */
  public String text(String key, String fallback) {
    return has(key) ? text(key) : fallback;
  }

  /** One of some strings. */
  public String choice(String key, List<String> allowed) {
    JsonElement value = get(key);
    if (value instanceof JsonPrimitive p && p.isString() && allowed.contains(p.getAsString())) {
      return p.getAsString();
    }
    throw error(key, "one of " + String.join(", ", allowed), value);
  }

  private String text(String key, JsonElement value) {
    if (value instanceof JsonPrimitive p && p.isString() && isLine(p.getAsString())) {
      return p.getAsString();
    }
    throw error(key, "a text of one line", value);
  }

  /** Whether a text can stand in a message, a table or a file name: visible, and whole Unicode. */
  private static boolean isLine(String text) {
    return !text.isBlank()
        && text.codePoints()
            .noneMatch(c -> Character.isISOControl(c) || c >= 0xD800 && c <= 0xDFFF);
  }

  /** True or false, with a value for a field that is absent. */
  public boolean flag(String key, boolean fallback) {
    JsonElement value = get(key);
    if (value == null) return fallback;
    if (!(value instanceof JsonPrimitive p && p.isBoolean())) {
      throw error(key, "true or false", value);
    }
    return value.getAsBoolean();
  }

  /** A finite number. */
  public double number(String key) {
    return number(key, get(key));
  }

  private double number(String key, JsonElement value) {
    if (value instanceof JsonPrimitive p && p.isNumber() && Double.isFinite(p.getAsDouble())) {
      return p.getAsDouble();
    }
    throw error(key, "a number", value);
  }

  /** A whole number from {@code least} to {@code most}. */
  public long integer(String key, long least, long most) {
    return integer(key, get(key), least, most);
  }

  private long integer(String key, JsonElement value, long least, long most) {
    if (value instanceof JsonPrimitive p && p.isNumber()) {
      try { // of digits alone: a number with an exponent may be too long to write out
        long number = Long.parseLong(p.getAsString());
        if (number >= least && number <= most) return number;
      } catch (NumberFormatException e) {
        // said below
      }
    }
    throw error(key, "a whole number from " + least + " to " + most, value);
  }

  /** A list of strings with something in them. */
  public List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    JsonArray list = list(key, get(key), "a list of texts");
    for (int i = 0; i < list.size(); i++) texts.add(text(item(key, i), list.get(i)));
    return texts;
  }

  /** A list of finite numbers. */
  public double[] numbers(String key) {
    return numbers(key, get(key));
  }

  private double[] numbers(String key, JsonElement value) {
    JsonArray list = list(key, value, "a list of numbers");
    double[] numbers = new double[list.size()];
    for (int i = 0; i < numbers.length; i++) numbers[i] = number(item(key, i), list.get(i));
    return numbers;
  }

  /** A list of lists of finite numbers. */
  public double[][] rows(String key) {
    JsonArray list = list(key, get(key), "a list of lists of numbers");
    double[][] rows = new double[list.size()][];
    for (int i = 0; i < rows.length; i++) rows[i] = numbers(item(key, i), list.get(i));
    return rows;
  }

  /** A list of whole numbers from {@code least} to {@code most}. */
  public long[] integers(String key, long least, long most) {
    JsonArray list = list(key, get(key), "a list of whole numbers");
    long[] values = new long[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = integer(item(key, i), list.get(i), least, most);
    }
    return values;
  }

  /** An object. */
  public JsonFields object(String key) {
    return new JsonFields(at(key), get(key));
  }

  /** A list of objects. */
  public List<JsonFields> objects(String key) {
    List<JsonFields> objects = new ArrayList<>();
    JsonArray list = list(key, get(key), "a list of objects");
    for (int i = 0; i < list.size(); i++) {
      objects.add(new JsonFields(at(item(key, i)), list.get(i)));
    }
    return objects;
  }

  /**
   * All fields as plain values: Long or Double, String, Boolean, List and Map; null fields are left
   * out.
   */
  public Map<String, Object> values() {
    Map<String, Object> values = new LinkedHashMap<>();
    for (String key : keys()) {
      if (has(key)) values.put(key, value(key, get(key)));
    }
    return values;
  }

  private Object value(String key, JsonElement element) {
    if (element.isJsonObject()) return new JsonFields(at(key), element).values();
    if (element.isJsonArray()) {
      List<Object> values = new ArrayList<>();
      JsonArray list = element.getAsJsonArray();
      for (int i = 0; i < list.size(); i++) values.add(value(item(key, i), list.get(i)));
      return values;
    }
    if (element instanceof JsonPrimitive p && p.isBoolean()) return p.getAsBoolean();
    if (element instanceof JsonPrimitive p && p.isString()) return p.getAsString();
    if (!(element instanceof JsonPrimitive)) throw error(key, "a value", element);
    try {
      return Long.valueOf(element.getAsString());
    } catch (NumberFormatException e) {
      return number(key, element);
    }
  }

  private static String item(String key, int i) {
    return key + "[" + i + "]";
  }

  private JsonArray list(String key, JsonElement value, String expected) {
    if (value == null || !value.isJsonArray()) throw error(key, expected, value);
    return value.getAsJsonArray();
  }
}
