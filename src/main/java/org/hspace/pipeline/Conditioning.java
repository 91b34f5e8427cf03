package org.hspace.pipeline;

import com.google.gson.annotations.SerializedName;
import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;

/**
 * What images are made of beside noise, as files record it.
 *
 * @param prompt what is asked for; null for models that read no texts
 * @param negative what guidance leads away from, usually the empty text; null without guidance, and
 *     for SDXL models, which may go without, which is not the same
 * @param guidance w of classifier-free guidance: {@code ε = ε(negative) + w (ε(prompt) -
 *     ε(negative))}; 1 is the prompt's ε alone, in half the time
 * @param classLabel of class-conditional models; null for others
 */
public record Conditioning(
    Prompt prompt,
    Prompt negative,
    double guidance,
    @SerializedName("class_label") Long classLabel) {
  /** On nothing: what unconditional models need. */
  public static final Conditioning NONE = new Conditioning(null, null, 1, null);

  public Conditioning {
    if (!(guidance >= 0 && Double.isFinite(guidance)))
      throw new HspaceException("guidance: expected a number of at least 0, found " + guidance);
  }

  /** On a text, without guidance. */
  public static Conditioning of(Prompt prompt) {
    return new Conditioning(prompt, null, 1, null);
  }

  /** On a class. */
  public static Conditioning ofClass(long label) {
    return new Conditioning(null, null, 1, label);
  }

  /**
   * The same with guidance.
   *
   * @param from what it leads away from; null for the zeros of SDXL models
   */
  public Conditioning guided(Prompt from, double w) {
    return new Conditioning(prompt, from, w, classLabel);
  }

  /** The C++ value; of the enclosing scope. */
  HspaceNative.Conditioning toNative() {
    HspaceNative.Conditioning made = new HspaceNative.Conditioning().guidance(guidance);
    if (prompt != null) made.prompt(prompt.toNative());
    if (negative != null) made.negative(negative.toNative());
    if (classLabel != null) made.classLabel(classLabel);
    return made;
  }
}
