package org.hspace.studio;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.hspace.HspaceException;
import org.hspace.app.SamplingWords;
import org.hspace.io.Shell;
import org.hspace.pipeline.Conditioning;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Locality;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Prompt;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Window;

/** What a session shows, for the command line and in Java. */
final class Script {
  private static final String TRAJECTORY = "photo.safetensors";

  /**
   * Where a session's picture comes from.
   *
   * @param seed of a sample
   * @param photo file of a photograph; null for a sample
   * @param eta of the photograph's inversion
   */
  record Source(long seed, Path photo, double eta) {
    /** What pictures of it say of where they are from. */
    String caption() {
      return photo == null ? "seed " + seed : "photograph";
    }
  }

  private final Model model;
  private final SamplingOptions sampling;
  private final Source source;
  private final List<PictureRequest.Term> terms;
  private final EditOptions editing;
  private final UnaryOperator<String> spec;

  /**
   * A script.
   *
   * @param terms of the edit, all of one window
   * @param editing how it acts
   * @param spec how the command line calls a direction of an id
   * @throws HspaceException when the command line cannot do the same
   */
  Script(
      Model model,
      SamplingOptions sampling,
      Source source,
      List<PictureRequest.Term> terms,
      EditOptions editing,
      UnaryOperator<String> spec) {
    this.model = model;
    this.sampling = sampling;
    this.source = source;
    this.terms = terms;
    this.editing = editing;
    this.spec = spec;
    if (terms.stream().map(PictureRequest.Term::window).distinct().count() > 1)
      throw new HspaceException("edits: the command line has one window for all directions");
    if (terms.stream().anyMatch(term -> term.direction().startsWith(Session.FOUND)))
      throw new HspaceException(
          "directions that were found on this picture have no file yet; save the edit first");
  }

  private Window window() {
    return terms.isEmpty() ? Window.ALL : terms.get(0).window();
  }

  private boolean local() {
    return editing.locality().keepBackground();
  }

  /** The commands, a line each, as a shell reads them. */
  String commands() {
    List<String> lines = new ArrayList<>();
    String where = " --model " + Shell.quoted(model.directory().toString());
    if (source.photo != null)
      lines.add(
          "hspace invert %s %s --out %s%s"
              .formatted(
                  Shell.quoted(source.photo.toString()), words(inversion()), TRAJECTORY, where));
    String images =
        source.photo != null
            ? "--trajectory " + TRAJECTORY
            : "--seeds %d %s".formatted(source.seed, words(sampling));
    if (terms.isEmpty()) {
      lines.add(
          source.photo == null
              ? "hspace sample " + images + " --out sample.png" + where
              : "# nothing is edited yet");
    } else {
      StringBuilder line = new StringBuilder("hspace edit ").append(images);
      for (PictureRequest.Term term : terms)
        line.append(" --direction ")
            .append(Shell.quoted(spec.apply(term.direction()) + "=" + number(term.strength())));
      if (!window().equals(Window.ALL)) line.append(" --window ").append(window());
      if (editing.asymmetric()) line.append(" --asymmetric");
      if (local())
        line.append(" --skip ")
            .append(Locality.OF_PICTURES.skip())
            .append(" --relax 1 --keep-background");
      lines.add(line + " --out edited.png" + where);
    }
    return String.join("\n", lines) + "\n";
  }

  /** How the photograph is inverted, which knows no noise of seeds. */
  private SamplingOptions inversion() {
    return sampling
        .withEta(EtaSchedule.constant(source.eta))
        .withNoise(SamplingOptions.DEFAULT.noise())
        .withReferenceSeeds(false);
  }

  private static String words(SamplingOptions sampling) {
    return SamplingWords.of(sampling).stream().map(Shell::quoted).collect(Collectors.joining(" "));
  }

  /** What is not the default of Java's sampling, beside T and η. */
  private String otherwise() {
    StringBuilder calls = new StringBuilder();
    SamplingOptions usual = SamplingOptions.DEFAULT;
    if (sampling.hSpace() != usual.hSpace())
      calls.append(".withHSpace(HSpace.").append(sampling.hSpace()).append(')');
    if (sampling.batch() != usual.batch())
      calls.append(".withBatch(").append(sampling.batch()).append(')');
    if (sampling.noise() != usual.noise())
      calls.append(".withNoise(StepNoise.").append(sampling.noise()).append(')');
    if (sampling.referenceSeeds()) calls.append(".withReferenceSeeds(true)");
    if (!sampling.conditioning().equals(usual.conditioning()))
      calls.append(".withConditioning(").append(java(sampling.conditioning())).append(')');
    return calls.toString();
  }

  private static String java(Conditioning of) {
    if (of.classLabel() != null) return "Conditioning.ofClass(" + of.classLabel() + ")";
    String plain = "Conditioning.of(" + java(of.prompt()) + ")";
    return of.guidance() == 1
        ? plain
        : "%s.guided(%s, %s)".formatted(plain, java(of.negative()), number(of.guidance()));
  }

  private static String java(Prompt prompt) {
    return prompt == null ? "null" : "model.prompt(" + literal(prompt.text()) + ")";
  }

  /** The same in Java. */
  String java() {
    StringBuilder edit = new StringBuilder("Edit edit = Edit.NONE;\n");
    for (PictureRequest.Term term : terms)
      edit.append("  edit = edit.and(new WeightedDirection(model.direction(")
          .append(literal(spec.apply(term.direction())))
          .append("), ")
          .append(number(term.strength()))
          .append(
              window().equals(Window.ALL)
                  ? ""
                  : ", new Window(%s, %s)"
                      .formatted(number(window().from()), number(window().to())))
          .append("));\n");
    String images =
        source.photo == null
            ? """
              Trajectory images =
                      new Sampler(model).draw(
                          new long[] {%dL}, SamplingOptions.DEFAULT.withSteps(%d).withEta(EtaSchedule.parse("%s"))%s)"""
                .formatted(source.seed, sampling.steps(), sampling.eta(), otherwise())
            : "Trajectory images = Trajectory.open(Path.of(\"" + TRAJECTORY + "\"), model)";
    return """
        try (Model model = Model.open(Path.of(%s), ModelOptions.DEFAULT);
            %s) {
          %s  try (Images edited =
              new EditGrid(model).run(images, List.of(edit), EditOptions.DEFAULT%s, Progress.NONE)) {
            edited.save(0, Path.of("edited.png"));
          }
        }
        """
        .formatted(
            literal(model.directory().toString()),
            images,
            edit,
            (editing.asymmetric() ? ".withAsymmetric(true)" : "")
                + (local() ? ".withLocality(Locality.OF_PICTURES)" : ""));
  }

  private static String number(double value) {
    String text = String.format(Locale.ROOT, "%s", value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  private static String literal(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }
}
