package org.hspace.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.hspace.HspaceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against transformers; {@code tools/golden/make_tokens.py} wrote the golden files. */
final class ClipTokenizerTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/tokenizers");
  private static final int LENGTH = 77;

  @ParameterizedTest
  @ValueSource(strings = {"first", "second", "fast"})
  void givesTheNumbersOfTransformers(String name) throws IOException {
    JsonObject golden =
        JsonParser.parseString(Files.readString(GOLDEN.resolve("prompts.json"))).getAsJsonObject();
    JsonArray prompts = golden.getAsJsonArray("prompts");
    List<String> wrong = new ArrayList<>();
    try (ClipTokenizer tokenizer = ClipTokenizer.open(GOLDEN.resolve(name))) {
      for (int i = 0; i < prompts.size(); i++) {
        String prompt = prompts.get(i).getAsString();
        long[] expected = padded(golden.getAsJsonArray(name).get(i).getAsJsonArray());
        long[] found = tokenizer.tokens(prompt, LENGTH).tokens();
        if (!Arrays.equals(expected, found)) {
          wrong.add(
              "'%s': expected %s, found %s"
                  .formatted(prompt, Arrays.toString(expected), Arrays.toString(found)));
        }
      }
    }
    assertEquals(1000, prompts.size());
    assertEquals(List.of(), wrong);
  }

  private static long[] padded(JsonArray some) {
    long[] given =
        StreamSupport.stream(some.spliterator(), false).mapToLong(e -> e.getAsLong()).toArray();
    long[] all = Arrays.copyOf(given, LENGTH);
    Arrays.fill(all, given.length, LENGTH, given[given.length - 1]);
    return all;
  }

  @Test
  void saysHowMuchOfATextIsCut() {
    try (ClipTokenizer tokenizer = ClipTokenizer.open(GOLDEN.resolve("first"))) {
      ClipTokenizer.Tokens whole = tokenizer.tokens("a ".repeat(75), LENGTH);
      ClipTokenizer.Tokens cut = tokenizer.tokens("a ".repeat(80), LENGTH);
      assertEquals(0, whole.cut());
      assertEquals(5, cut.cut());
      assertArrayEquals(whole.tokens(), cut.tokens());
      assertEquals(16, tokenizer.tokens("a", 16).tokens().length);
      assertEquals(1114, tokenizer.entries());
    }
  }

  /** A merge may lead through what is no token itself; what ends there is unknown. */
  @Test
  void mergesLeadThroughWhatIsNoToken(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("vocab.json"),
        "{\"a\": 0, \"b\": 1, \"c</w>\": 2, \"abc</w>\": 3, \"<|startoftext|>\": 4, \"<|endoftext|>\": 5}");
    Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\na b\nab c</w>\nab b</w>\n");
    try (ClipTokenizer tokenizer = ClipTokenizer.open(folder)) {
      assertArrayEquals(new long[] {4, 3, 5}, tokenizer.tokens("abc", 3).tokens());
      assertArrayEquals(new long[] {4, 5, 5}, tokenizer.tokens("abb", 3).tokens());
      assertArrayEquals(new long[] {4, 0, 5, 5}, tokenizer.tokens("aa", 4).tokens());
    }
  }

  @Test
  void refusesToWorkWhenClosed() {
    ClipTokenizer tokenizer = ClipTokenizer.open(GOLDEN.resolve("first"));
    tokenizer.close();
    tokenizer.close();
    assertThrows(IllegalStateException.class, () -> tokenizer.tokens("a", LENGTH));
  }

  @Test
  void saysInOneLineWhatADirectoryLacks(@TempDir Path folder) throws IOException {
    assertTrue(refusal(folder).contains("expected a tokenizer (vocab.json and merges.txt"));
    Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": {\"vocab\": {\"a\": 0}}}");
    assertTrue(refusal(folder).contains("expected the bos_token <|startoftext|> among the tokens"));
    Files.writeString(
        folder.resolve("tokenizer.json"),
        "{\"model\": {\"vocab\": {\"<|startoftext|>\": 0, \"<|endoftext|>\": 1}}}");
    assertTrue(refusal(folder).contains("not a tokenizer: "));
    Files.writeString(
        folder.resolve("vocab.json"), "{\"a\": 0, \"<|startoftext|>\": 1, \"<|endoftext|>\": 2}");
    Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\na b c\n");
    assertTrue(refusal(folder).contains("line 2: expected two tokens, found 'a b c'"));
    Files.writeString(folder.resolve("vocab.json"), "{\"a\": \"0\"}");
    assertTrue(refusal(folder).contains("expected the bos_token"));
  }

  private static String refusal(Path folder) {
    String message =
        assertThrows(HspaceException.class, () -> ClipTokenizer.open(folder)).getMessage();
    assertTrue(message.startsWith(folder.toString()), message);
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  @Test
  void loadingItTouchesNothingElse() {
    ClipTokenizer.open(GOLDEN.resolve("first")).close();
    assertThrows(
        ClassNotFoundException.class, () -> Class.forName("ai.djl.engine.Engine"), "DJL itself");
  }
}
