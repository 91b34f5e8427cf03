package org.hspace.app;

import java.util.ArrayList;
import java.util.List;
import org.hspace.pipeline.Conditioning;
import org.hspace.pipeline.SamplingOptions;

/** Sampling as the command line says it. */
public final class SamplingWords {
  private SamplingWords() {}

  /** T and η, and of everything else what is not the command line's default. */
  public static List<String> of(SamplingOptions sampling) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("--steps", String.valueOf(sampling.steps())));
    words.addAll(List.of("--eta", sampling.eta().toString()));
    SamplingOptions usual = SamplingOptions.DEFAULT;
    if (sampling.hSpace() != usual.hSpace())
      words.addAll(List.of("--h-space", sampling.hSpace().id()));
    if (sampling.batch() != usual.batch())
      words.addAll(List.of("--batch", String.valueOf(sampling.batch())));
    if (sampling.referenceSeeds()) words.add("--reference-seeds");
    else if (sampling.noise() != usual.noise())
      words.addAll(List.of("--noise", sampling.noise().id()));
    if (sampling.clip()) words.add("--clip");
    words.addAll(of(sampling.conditioning()));
    return words;
  }

  /** Nothing for what is meant when nothing is said. */
  private static List<String> of(Conditioning conditioning) {
    List<String> words = new ArrayList<>();
    if (conditioning.classLabel() != null)
      words.addAll(List.of("--class", conditioning.classLabel().toString()));
    if (conditioning.prompt() == null) return words;
    boolean guided = conditioning.guidance() != 1;
    if (!guided && conditioning.prompt().text().isEmpty()) return words;
    words.addAll(option("--prompt", conditioning.prompt().text()));
    if (guided && conditioning.negative() != null)
      words.addAll(option("--negative-prompt", conditioning.negative().text()));
    words.addAll(List.of("--guidance", String.valueOf(conditioning.guidance())));
    return words;
  }

  /** A text that begins as options do is said with its option in one word. */
  private static List<String> option(String name, String text) {
    return text.startsWith("-") ? List.of(name + "=" + text) : List.of(name, text);
  }
}
