package org.hspace.app.discover;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.app.DisentangledAttributes;
import org.hspace.app.SamplingWords;
import org.hspace.directions.AnnotationOptions;
import org.hspace.directions.Annotations;
import org.hspace.directions.Annotator;
import org.hspace.directions.AttributeDirections;
import org.hspace.directions.AttributeOptions;
import org.hspace.evaluate.EffectDisentanglement;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.SamplingOptions;

/**
 * Directions of all attributes that the model's classifier scores: samples are annotated, h is
 * regressed on the scores, and the slopes may be disentangled by what they do.
 *
 * @param name of the file of directions, and of the table and the folder of annotations beside it
 * @param samples that are annotated
 * @param disentangled whether each moves its attribute alone, as far as can be
 * @param sampling how samples are drawn
 */
public record AttributeDiscovery(
    String name, int samples, boolean disentangled, SamplingOptions sampling) implements Discovery {
  private static final int TRIALS = 200;
  private static final long FIRST_TRIAL = 500_000;
  private static final String ALONE = "-only";

  /** Checks the numbers. */
  public AttributeDiscovery {
    options(samples, sampling);
  }

  private static AnnotationOptions options(int samples, SamplingOptions sampling) {
    int batches = Math.max(AnnotationOptions.DEFAULT.partRows() / sampling.batch(), 1);
    return new AnnotationOptions(
        samples,
        AnnotationOptions.DEFAULT.firstSeed(),
        sampling,
        ScalarType.Half,
        batches * sampling.batch(),
        AnnotationOptions.DEFAULT.keep(), // more than the examples that the directions are made of
        AnnotationOptions.DEFAULT.saveEvery());
  }

  /** Where a model keeps the classifier of its attributes. */
  public static Path classifier(Model model) {
    return model.directory().resolve("classifier");
  }

  private Path table(Path folder) {
    return folder.resolve(name + ".csv");
  }

  @Override
  public Found run(Model model, Path folder, Listener listener) {
    try (Classifier classifier = Classifier.open(classifier(model), model.options().device())) {
      Annotations annotations =
          new Annotator(model, classifier)
              .run(options(samples, sampling), table(folder), listener.stage("annotating"));
      List<String> notes = new ArrayList<>();
      Progress progress = listener.stage(disentangled ? "trying" : "fitting");
      try (DirectionSet found =
          disentangled
              ? alone(model, classifier, annotations, notes, progress)
              : slopes(model, annotations, progress)) {
        Discovery.keep(found, file(folder));
      }
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("samples", annotations.size());
      figures.put("attributes", annotations.labels());
      return new Found(figures, notes);
    }
  }

  private DirectionSet alone(
      Model model,
      Classifier classifier,
      Annotations annotations,
      List<String> notes,
      Progress progress) {
    List<DisentangledAttributes.Row> rows = new ArrayList<>();
    DirectionSet found =
        new DisentangledAttributes(model, classifier, annotations)
            .run(
                annotations.labels(),
                new DisentangledAttributes.Options(
                    AttributeOptions.examples(annotations),
                    TRIALS,
                    FIRST_TRIAL,
                    sampling.batch(),
                    ALONE,
                    true),
                rows,
                progress);
    for (DisentangledAttributes.Row row : rows)
      if (row.cosine() < EffectDisentanglement.ALONG)
        notes.add(row.name() + ": little is left of what moves it; more samples may help");
    return found;
  }

  private static DirectionSet slopes(Model model, Annotations annotations, Progress progress) {
    List<DirectionSet> found = new ArrayList<>();
    try {
      for (String attribute : annotations.labels()) {
        AttributeOptions options =
            new AttributeOptions(attribute, AttributeOptions.examples(annotations), null, true);
        found.add(new AttributeDirections(model).run(annotations, options));
        progress.report(found.size(), annotations.labels().size(), "attributes");
      }
      return DirectionSet.merge(found, attribute -> attribute);
    } finally {
      found.forEach(DirectionSet::close);
    }
  }

  @Override
  public List<List<String>> commands(Path folder) {
    List<String> words = new ArrayList<>(List.of("annotate", "--samples", String.valueOf(samples)));
    words.addAll(SamplingWords.of(sampling));
    words.addAll(List.of("--store", "float16", "--out", table(folder).toString()));
    return List.of(words, fit(folder));
  }

  private List<String> fit(Path folder) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("attribute", "--annotations", table(folder).toString(), "--name", "all"));
    words.addAll(
        disentangled ? List.of("--disentangled", "--force") : List.of("--fit", "regression"));
    words.addAll(List.of("--out", file(folder).toString()));
    return words;
  }

  /** Annotations are of use for themselves. */
  @Override
  public List<String> unfinished() {
    return List.of();
  }
}
