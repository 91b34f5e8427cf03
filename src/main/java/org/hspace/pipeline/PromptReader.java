package org.hspace.pipeline;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.hspace.HspaceException;
import org.hspace.io.JsonFields;
import org.hspace.text.ClipTokenizer;

/** Texts as a model's own tokenizers read them. */
final class PromptReader {
  private static final int MOST_TOKENS = 1 << 20;

  private final ModelDirectory parts;

  /** Of the model with these parts. */
  PromptReader(ModelDirectory parts) {
    this.parts = parts;
  }

  /**
   * Reads a text.
   *
   * @param remark hears of a text that was cut
   * @throws HspaceException when a tokenizer is missing, is none, or is of another vocabulary than
   *     its text encoder
   */
  Prompt read(String text, Consumer<String> remark) {
    List<List<Long>> tokens = new ArrayList<>();
    int cut = 0;
    for (int i = 0; i < parts.textEncoders().size(); i++) {
      JsonFields encoder = JsonFields.read(parts.textEncoders().get(i).resolve("config.json"));
      Path place = parts.tokenizers().get(i);
      try (ClipTokenizer tokenizer = ClipTokenizer.open(place)) {
        checkVocabulary(place, tokenizer.entries(), encoder);
        ClipTokenizer.Tokens found = tokenizer.tokens(text, longest(encoder));
        tokens.add(Arrays.stream(found.tokens()).boxed().toList());
        cut = Math.max(cut, found.cut());
      }
    }
    if (cut > 0) {
      remark.accept(
          "prompt '%s': the last %d tokens are cut off, because the model reads %d"
              .formatted(shown(text), cut, tokens.get(0).size() - 2));
    }
    return new Prompt(text, tokens);
  }

  private static void checkVocabulary(Path tokenizer, long entries, JsonFields encoder) {
    long known =
        encoder.has("vocab_size") ? encoder.integer("vocab_size", 1, Integer.MAX_VALUE) : 49408;
    if (entries <= known) return;
    throw new HspaceException(
        "%s: expected a vocabulary of at most %d tokens, as its text encoder knows them, found %d"
            .formatted(tokenizer, known, entries));
  }

  private static int longest(JsonFields encoder) {
    String key = "max_position_embeddings";
    return encoder.has(key) ? (int) encoder.integer(key, 2, MOST_TOKENS) : 77;
  }

  private static String shown(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= 40 ? line : line.substring(0, 40) + "…";
  }
}
