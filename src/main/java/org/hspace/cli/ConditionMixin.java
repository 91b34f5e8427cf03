package org.hspace.cli;

import java.nio.file.Path;
import java.util.Objects;
import org.hspace.HspaceException;
import org.hspace.pipeline.Conditioning;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Prompt;
import org.hspace.pipeline.Provenance;
import picocli.CommandLine.Option;

/** What images are made of beside noise. */
final class ConditionMixin {
  private static final double GUIDANCE = 7.5;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      order = 26,
      description =
          "Of a model that reads texts: what images are to show (default: the empty text, without guidance).")
  private String prompt;

  @Option(
      names = "--negative-prompt",
      paramLabel = "TEXT",
      order = 27,
      description =
          "What guidance leads away from (default: as the model's pipeline, mostly the empty text).")
  private String negative;

  @Option(
      names = "--guidance",
      paramLabel = "W",
      order = 28,
      description =
          "How strongly a prompt acts, negative + W (prompt - negative); 1 is the prompt alone, in half the time"
              + " (default: "
              + GUIDANCE
              + ").")
  private Double guidance;

  @Option(
      names = "--class",
      paramLabel = "N",
      order = 29,
      description = "Of a class-conditional model: which class.")
  private Long classLabel;

  private boolean given() {
    return prompt != null || negative != null || guidance != null || classLabel != null;
  }

  /**
   * What the user asks for, read by the model's tokenizers.
   *
   * @throws HspaceException naming the option that the model has no use for, or lacks
   */
  Conditioning of(Model model, Console console) {
    return of(model, null, console);
  }

  /**
   * The same, with what is meant when the user names nothing.
   *
   * @param fallback null for {@link Model#plainConditioning()}
   */
  Conditioning of(Model model, Conditioning fallback, Console console) {
    if (!given() && fallback != null) return fallback;
    checkGuidance();
    if (!model.readsTexts()) return ofClass(model);
    if (classLabel != null)
      throw new HspaceException("--class: " + model.directory() + " has no classes");
    if (prompt == null) return model.plainConditioning();
    Conditioning plain = Conditioning.of(model.prompt(prompt, console::warn));
    double w = guidance == null ? GUIDANCE : guidance;
    if (w == 1) return plain;
    boolean zeros = negative == null && model.parts().zerosForEmptyPrompt();
    Prompt from = zeros ? null : model.prompt(negative == null ? "" : negative, console::warn);
    return plain.guided(from, w);
  }

  private void checkGuidance() {
    if (guidance != null && !(guidance >= 0 && Double.isFinite(guidance)))
      throw new HspaceException("--guidance: expected a number of at least 0, found " + guidance);
    if (prompt == null && (guidance != null || negative != null)) {
      throw new HspaceException(
          (guidance != null ? "--guidance" : "--negative-prompt")
              + ": expected a --prompt with it");
    }
    if (negative != null && guidance != null && guidance == 1)
      throw new HspaceException("--negative-prompt: has no effect at --guidance 1");
  }

  private Conditioning ofClass(Model model) {
    if (prompt != null)
      throw new HspaceException("--prompt: " + model.directory() + " reads no texts");
    Conditioning asked = classLabel == null ? Conditioning.NONE : Conditioning.ofClass(classLabel);
    try {
      model.checkConditioning(asked);
    } catch (HspaceException e) {
      if (!e.getMessage().startsWith("class: ")) throw e;
      throw new HspaceException("--" + e.getMessage(), e);
    }
    return asked;
  }

  /**
   * Checks that what the user says agrees with a file that has its own.
   *
   * @throws HspaceException naming the option that does not
   */
  void check(Provenance file, Path path) {
    Conditioning own = file.conditioning();
    refuse("--prompt", prompt, text(own.prompt()), path);
    refuse("--negative-prompt", negative, text(own.negative()), path);
    refuse("--guidance", guidance, own.guidance(), path);
    refuse("--class", classLabel, own.classLabel(), path);
  }

  private static String text(Prompt prompt) {
    return prompt == null ? null : prompt.text();
  }

  private static void refuse(String option, Object found, Object expected, Path path) {
    if (found == null || Objects.equals(found, expected)) return;
    throw new HspaceException(
        "%s: expected %s, that of %s, or nothing, found %s"
            .formatted(option, expected == null ? "none" : expected, path, found));
  }
}
