package org.hspace.io;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;

/** One JSON text with one thing wrong in it, in every way and at every place. */
public final class JsonMutations {
  private static final String MARK = "replace me";

  /** What stands in place of a value: as JSON text, not all of it valid. */
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "\"\"",
          "\"3\"",
          "\"\\u0000/\\ud800\\n\"",
          "-1",
          "0",
          "0.5",
          "1e-400",
          "1e999",
          "1e999999999",
          "3000000000",
          "9223372036854775808",
          "123456789012345678901234567890",
          "NaN",
          "-Infinity",
          "[]",
          "[null]",
          "[[[1]]]",
          "[1, \"x\"]",
          "{}",
          "{\"rectangle\": [1, 2, 3]}");

  private JsonMutations() {}

  /** Whether a text is a JSON object or list. */
  public static boolean isJson(String text) {
    try {
      return !JsonParser.parseString(text).isJsonPrimitive();
    } catch (JsonParseException e) {
      return false;
    }
  }

  /** All texts; the first is empty, the last deeper than any reader goes. */
  public static List<String> of(String json) {
    List<String> texts = new ArrayList<>(List.of("", "null", "[1]", "{", json + "}", "\u0000"));
    JsonElement root = JsonParser.parseString(json);
    mutate(root, root, texts);
    texts.add("[".repeat(100_000));
    return texts;
  }

  private static void mutate(JsonElement root, JsonElement at, List<String> texts) {
    if (at instanceof JsonObject object) {
      for (String key : List.copyOf(object.keySet())) {
        JsonElement before = object.get(key);
        object.add(key, new JsonPrimitive(MARK));
        replace(root.toString(), texts);
        object.remove(key);
        texts.add(root.toString());
        object.add(key, before);
        mutate(root, before, texts);
      }
    } else if (at instanceof JsonArray list && !list.isEmpty()) {
      JsonElement before = list.get(0); // stands for all of the list
      list.set(0, new JsonPrimitive(MARK));
      replace(root.toString(), texts);
      list.set(0, before);
      mutate(root, before, texts);
      list.add(before.deepCopy());
      texts.add(root.toString());
      list.remove(list.size() - 1);
    }
  }

  private static void replace(String marked, List<String> texts) {
    for (String value : VALUES) texts.add(marked.replace('"' + MARK + '"', value));
  }
}
