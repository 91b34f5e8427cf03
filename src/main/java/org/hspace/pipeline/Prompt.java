package org.hspace.pipeline;

import java.util.List;
import org.bytedeco.pytorch.LongVector;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.Utf8;

/**
 * A text as a model reads it; {@link Model#prompt} makes one.
 *
 * @param text as somebody wrote it, for people alone
 * @param tokens its tokens for each of the model's text encoders, in their order, each list filled
 *     up to the encoder's length as its tokenizer does it
 */
public record Prompt(String text, List<List<Long>> tokens) {
  /** Copies the lists. */
  public Prompt {
    tokens = tokens.stream().map(List::copyOf).toList();
  }

  /** The C++ value; of the enclosing scope. */
  HspaceNative.Prompt toNative() {
    HspaceNative.Prompt made = new HspaceNative.Prompt().text(Utf8.bytes(text));
    for (List<Long> list : tokens) {
      long[] numbers = list.stream().mapToLong(Long::longValue).toArray();
      made.tokens().add(new LongVector(numbers));
    }
    return made;
  }
}
