package org.hspace.text;

import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hspace.HspaceException;
import org.hspace.io.JsonFields;
import org.hspace.io.TextFile;

/**
 * What the files of a {@code tokenizer/} directory say.
 *
 * @param json the tokenizer in the form of a {@code tokenizer.json}; where texts are cleaned first,
 *     without the added tokens
 * @param added tokens that stand for themselves, with their numbers; where texts are cleaned first
 * @param plain whether texts are to be {@linkplain PlainText cleaned} first: where the files are
 *     those of {@code CLIPTokenizer}; a {@code tokenizer.json} says itself what it does
 * @param first token that begins a text
 * @param last token that ends it
 * @param padding token that fills up after that
 * @param unknown token for what merges make that the vocabulary lacks
 * @param longest most tokens of a text, the two included
 * @param entries numbers of tokens are below this
 */
record TokenizerFiles(
    String json,
    Map<String, Long> added,
    boolean plain,
    long first,
    long last,
    long padding,
    long unknown,
    int longest,
    long entries) {
  private static final String VOCABULARY = "vocab.json";
  private static final String MERGES = "merges.txt";
  private static final String WHOLE = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String SPECIAL = "special_tokens_map.json";
  private static final String ADDED = "added_tokens_decoder";
  private static final String FIRST = "bos_token";
  private static final String LAST = "eos_token";
  private static final String UNKNOWN = "unk_token";
  private static final String PADDING = "pad_token";
  private static final List<String> KEYS = List.of(FIRST, LAST, UNKNOWN, PADDING);
  private static final long MOST = 1 << 24;

  /** Tokens that CLIPTokenizer knows whatever its files say. */
  static final String START = "<|startoftext|>";

  static final String END = "<|endoftext|>";

  /**
   * Reads a directory: {@code vocab.json} and {@code merges.txt}, as {@code CLIPTokenizer}, where
   * both are there, else {@code tokenizer.json}.
   *
   * @throws HspaceException naming what is missing or wrong
   */
  static TokenizerFiles read(Path directory) {
    boolean separate =
        Files.isRegularFile(directory.resolve(VOCABULARY))
            && Files.isRegularFile(directory.resolve(MERGES));
    Path whole = directory.resolve(WHOLE);
    if (!separate && !Files.isRegularFile(whole)) {
      throw new HspaceException(
          "%s: expected a tokenizer (%s and %s, or %s), found none"
              .formatted(directory, VOCABULARY, MERGES, WHOLE));
    }
    JsonFields config = fields(directory.resolve(CONFIG));
    // As transformers: the older file counts unless the newer one lists added tokens.
    JsonFields named = config.has(ADDED) ? config : fields(directory.resolve(SPECIAL));
    Map<String, Long> added = new LinkedHashMap<>();
    if (config.has(ADDED)) addDecoder(config.object(ADDED), added);
    addEncoder(fields(directory.resolve("added_tokens.json")), added);
    Path file = separate ? directory.resolve(VOCABULARY) : whole;
    JsonFields read = JsonFields.read(file);
    JsonFields vocabulary = separate ? read : read.object("model").object("vocab");
    if (!separate && read.has("added_tokens")) {
      for (JsonFields token : read.objects("added_tokens"))
        added.put(token.string("content"), token.integer("id", 0, MOST));
    }
    Map<String, Long> special = new LinkedHashMap<>();
    for (String key : KEYS) {
      String content = content(key, named, config);
      if (!added.containsKey(content)) {
        if (!vocabulary.has(content)) {
          throw new HspaceException(
              "%s: expected the %s %s among the tokens, found none".formatted(file, key, content));
        }
        added.put(content, vocabulary.integer(content, 0, MOST));
      }
      special.put(key, added.get(content));
    }
    long entries = 1 + added.values().stream().mapToLong(Long::longValue).max().orElse(0);
    for (String token : vocabulary.keys())
      entries = Math.max(entries, 1 + vocabulary.integer(token, 0, MOST));
    String json = TextFile.read(file);
    if (separate) {
      json =
          TokenizerJson.of(
              JsonParser.parseString(json).getAsJsonObject(),
              directory.resolve(MERGES),
              content(UNKNOWN, named, config),
              special.get(UNKNOWN),
              entries);
    }
    return new TokenizerFiles(
        json,
        Map.copyOf(added),
        separate,
        special.get(FIRST),
        special.get(LAST),
        special.get(PADDING),
        special.get(UNKNOWN),
        longest(config),
        entries);
  }

  private static JsonFields fields(Path file) {
    return Files.isRegularFile(file)
        ? JsonFields.read(file)
        : JsonFields.parse("{}", file.toString());
  }

  /** A special token's text, which stands there alone or in an object. */
  private static String content(String key, JsonFields named, JsonFields config) {
    for (JsonFields file : List.of(named, config)) {
      if (!file.has(key)) continue;
      return file.kind(key) == JsonFields.Kind.OBJECT
          ? file.object(key).string("content")
          : file.string(key);
    }
    return key.equals(FIRST) ? START : END;
  }

  private static void addDecoder(JsonFields decoder, Map<String, Long> added) {
    for (String id : decoder.keys()) {
      try {
        added.put(decoder.object(id).string("content"), Long.parseLong(id));
      } catch (NumberFormatException e) {
        throw decoder.error(id, "the number of a token as a key");
      }
    }
  }

  private static void addEncoder(JsonFields encoder, Map<String, Long> added) {
    for (String token : encoder.keys()) added.put(token, encoder.integer(token, 0, MOST));
  }

  /** Files say "no limit" by a huge number, or nothing. */
  private static int longest(JsonFields config) {
    if (!config.has("model_max_length")) return Integer.MAX_VALUE;
    double most = config.number("model_max_length");
    if (most < 2) throw config.error("model_max_length", "at least 2");
    return (int) Math.min(most, Integer.MAX_VALUE);
  }
}
