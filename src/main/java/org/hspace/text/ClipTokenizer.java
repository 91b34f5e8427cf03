package org.hspace.text;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.hspace.HspaceException;

/**
 * The tokenizer of a {@code tokenizer/} directory: a text to the numbers that a CLIP text encoder
 * reads, the same as of transformers' {@code CLIPTokenizer} (without {@code ftfy}), or, of a
 * directory with a {@code tokenizer.json} alone, as of {@code CLIPTokenizerFast}.
 */
public final class ClipTokenizer implements AutoCloseable {
  /** Tokens that begin and end a text. */
  private static final int FRAME = 2;

  /**
   * A text's tokens.
   *
   * @param tokens begin, text, end, padding
   * @param cut how many of the text's did not fit
   */
  public record Tokens(long[] tokens, int cut) {}

  private static final Pattern SPECIAL =
      Pattern.compile(
          Pattern.quote(TokenizerFiles.START) + "|" + Pattern.quote(TokenizerFiles.END));

  private final TokenizerFiles files;
  private final Pattern added;
  private long handle; // 0 when closed

  private ClipTokenizer(TokenizerFiles files, long handle) {
    this.files = files;
    this.added =
        Pattern.compile(
            files.added().keySet().stream()
                .filter(token -> !token.isEmpty())
                .sorted(Comparator.comparing(String::length).reversed())
                .map(Pattern::quote)
                .collect(Collectors.joining("|")));
    this.handle = handle;
  }

  /**
   * Reads a directory.
   *
   * @throws HspaceException naming what is missing or wrong
   */
  public static ClipTokenizer open(Path directory) {
    TokenizerFiles files = TokenizerFiles.read(directory);
    TokenizersLibrary library = TokenizerNative.library();
    try {
      ClipTokenizer opened =
          new ClipTokenizer(files, library.createTokenizerFromString(files.json()));
      library.disablePadding(opened.handle);
      library.disableTruncation(opened.handle);
      return opened;
    } catch (RuntimeException e) {
      throw new HspaceException(directory + ": not a tokenizer: " + firstLine(e), e);
    }
  }

  /** Numbers of tokens are below this. */
  public long entries() {
    return files.entries();
  }

  /**
   * Tokens of a text, cut or filled up to a length.
   *
   * @param longest the text encoder's; the tokenizer's own counts where it is less
   */
  public synchronized Tokens tokens(String text, int longest) {
    if (handle == 0) throw new IllegalStateException("the tokenizer is closed");
    long[] words = files.plain() ? pieces(text) : words(wholeCharacters(text));
    int length = Math.min(files.longest(), longest);
    int kept = Math.min(words.length, length - FRAME);
    long[] tokens = new long[length];
    Arrays.fill(tokens, files.padding());
    tokens[0] = files.first();
    System.arraycopy(words, 0, tokens, 1, kept);
    tokens[kept + 1] = files.last();
    return new Tokens(tokens, words.length - kept);
  }

  /**
   * As CLIPTokenizer: added tokens first, in the text as it is; what is between them is cleaned.
   */
  private long[] pieces(String text) {
    LongStream.Builder tokens = LongStream.builder();
    Matcher token = added.matcher(text);
    int from = 0;
    while (token.find()) {
      plainPiece(text.substring(from, token.start()), tokens);
      tokens.add(files.added().get(token.group()));
      from = token.end();
    }
    plainPiece(text.substring(from), tokens);
    return tokens.build().toArray();
  }

  /** In a cleaned text the two special tokens are found again, where a word can begin. */
  private void plainPiece(String text, LongStream.Builder tokens) {
    String plain = PlainText.of(text);
    Matcher special = SPECIAL.matcher(plain);
    int from = 0;
    while (special.find()) {
      int start = special.start();
      if (start > from && isSymbol(plain.codePointBefore(start))) continue;
      addWords(plain.substring(from, start), tokens);
      tokens.add(files.added().getOrDefault(special.group(), files.last()));
      from = special.end();
    }
    addWords(plain.substring(from), tokens);
  }

  private void addWords(String text, LongStream.Builder tokens) {
    if (text.isEmpty()) return;
    for (long token : words(text)) tokens.add(token);
  }

  private static boolean isSymbol(int c) {
    return switch (Character.getType(c)) {
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> false;
      default -> c != ' ' && !Character.isLetter(c);
    };
  }

  private long[] words(String text) {
    TokenizersLibrary library = TokenizerNative.library();
    try {
      long encoding = library.encode(handle, text, false);
      try {
        return Arrays.stream(library.getTokenIds(encoding))
            .map(token -> token < files.entries() ? token : files.unknown())
            .toArray();
      } finally {
        library.deleteEncoding(encoding);
      }
    } catch (RuntimeException e) {
      throw new HspaceException("cannot read the text '" + text + "': " + firstLine(e), e);
    }
  }

  /** Halves of characters are no Unicode, and a native library may fail on them. */
  private static String wholeCharacters(String text) {
    StringBuilder kept = new StringBuilder();
    text.codePoints()
        .filter(c -> Character.getType(c) != Character.SURROGATE)
        .forEach(kept::appendCodePoint);
    return kept.toString();
  }

  private static String firstLine(RuntimeException error) {
    return String.valueOf(error.getMessage()).lines().findFirst().orElse("");
  }

  /** Frees the native tokenizer. */
  @Override
  public synchronized void close() {
    if (handle != 0) TokenizerNative.library().deleteTokenizer(handle);
    handle = 0;
  }
}
