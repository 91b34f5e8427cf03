package org.hspace.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.hspace.HspaceException;
import org.hspace.io.TextFile;

/**
 * The {@code tokenizer.json} that does to a {@linkplain PlainText plain text} what transformers'
 * {@code CLIPTokenizer} does with its {@code vocab.json} and {@code merges.txt}.
 */
final class TokenizerJson {
  /** CLIPTokenizer's words, without special tokens. */
  private static final String WORDS =
      "(?i)'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

  /** CLIPTokenizer reads no more: 49152 without bytes and special tokens. */
  private static final int MOST_MERGES = 49152 - 256 - 2;

  private TokenizerJson() {}

  /**
   * Its text.
   *
   * @param vocabulary tokens with their numbers; added to
   * @param merges the file of pairs, in their order
   * @param unknown the token of what is not in the vocabulary
   * @param number that token's
   * @param entries numbers of tokens are below this
   */
  static String of(JsonObject vocabulary, Path merges, String unknown, long number, long entries) {
    if (!vocabulary.has(unknown)) vocabulary.addProperty(unknown, number);
    JsonObject model = new JsonObject();
    model.addProperty("type", "BPE");
    model.addProperty("unk_token", unknown);
    model.addProperty("continuing_subword_prefix", "");
    model.addProperty("end_of_word_suffix", "</w>");
    model.add("merges", pairs(merges, vocabulary, entries));
    model.add("vocab", vocabulary);
    JsonObject whole = new JsonObject();
    whole.addProperty("version", "1.0");
    whole.add("pre_tokenizer", words());
    whole.add("model", model);
    return whole.toString();
  }

  /** Words, as bytes. */
  private static JsonObject words() {
    JsonObject pattern = new JsonObject();
    pattern.addProperty("Regex", WORDS);
    JsonObject split = new JsonObject();
    split.addProperty("type", "Split");
    split.add("pattern", pattern);
    split.addProperty("behavior", "Removed");
    split.addProperty("invert", true);
    JsonObject bytes = new JsonObject();
    bytes.addProperty("type", "ByteLevel");
    bytes.addProperty("add_prefix_space", false);
    bytes.addProperty("trim_offsets", true);
    bytes.addProperty("use_regex", false);
    JsonArray steps = new JsonArray();
    steps.add(split);
    steps.add(bytes);
    JsonObject sequence = new JsonObject();
    sequence.addProperty("type", "Sequence");
    sequence.add("pretokenizers", steps);
    return sequence;
  }

  /**
   * Pairs in their order. What they are of or make and the vocabulary lacks is added to it, with
   * numbers beyond its own: on the way to a longer token it may be needed.
   */
  private static JsonArray pairs(Path file, JsonObject vocabulary, long entries) {
    long next = entries;
    JsonArray pairs = new JsonArray();
    List<String> lines = TextFile.read(file).strip().lines().toList();
    for (int i = 1; i < Math.min(lines.size(), MOST_MERGES + 1); i++) { // the first is a version
      String[] pair = lines.get(i).split(" ");
      if (pair.length != 2) {
        throw new HspaceException(
            "%s: line %d: expected two tokens, found '%s'".formatted(file, i + 1, lines.get(i)));
      }
      JsonArray two = new JsonArray();
      for (String token : List.of(pair[0], pair[1], pair[0] + pair[1])) {
        if (!vocabulary.has(token)) vocabulary.addProperty(token, next++);
        if (two.size() < 2) two.add(token);
      }
      pairs.add(two);
    }
    return pairs;
  }
}
