package org.hspace.directions;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.hspace.io.AtomicFile;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Provenance;

/**
 * Samples seeds and scores the images with an attribute classifier, keeping h, so that directions
 * of any attribute come without sampling again: first half of the paper's method 4.
 *
 * <p>The result is a table {@code FILE.csv} (a column {@code seed} and one an attribute) and a
 * folder {@code FILE.csv.h} of part files with {@code scores (n,A)}, {@code seeds (n)} and {@code h
 * (m,T,c,h,w)}: of all samples, or of those that are extremes of an attribute, whose numbers {@code
 * kept (m)} tells. What a regression needs of the others is beside them.
 */
public final class Annotator {
  private final Model model;
  private final Classifier classifier;

  /** For the given model and classifier, neither of which it owns. */
  public Annotator(Model model, Classifier classifier) {
    this.model = model;
    this.classifier = classifier;
  }

  /**
   * Annotates. Parts that an earlier run with the same options left are kept, so that a run that
   * was killed continues, and ends with the same bits.
   *
   * @param table the CSV file
   * @throws org.hspace.HspaceException when the parts that are there belong to a run with other
   *     options
   */
  public Annotations run(AnnotationOptions options, Path table, Progress progress) {
    return run(options, table, here(options, progress), progress);
  }

  /**
   * The same, where the samples are drawn elsewhere.
   *
   * @param samples draws with these options
   */
  public Annotations run(
      AnnotationOptions options, Path table, AnnotationSamples samples, Progress progress) {
    Path folder = Annotations.folder(table);
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("classifier", classifier.hash());
    facts.put("labels", classifier.labels());
    facts.put("store", options.store().name().toLowerCase(Locale.ROOT));
    facts.put("part_rows", options.partRows());
    facts.put("batch", options.sampling().batch());
    facts.put("dtype", model.options().dtype().id());
    Provenance provenance =
        Provenance.ofSamples(model, options.sampling(), new long[0])
            .ofDirections("annotations", facts);
    RunFingerprint fingerprint =
        new RunFingerprint("annotations", model)
            .with(
                "options",
                options,
                "samples",
                "saveEvery") // more of them keep those that are there
            .with("classifier", facts.get("classifier"))
            .with("labels", facts.get("labels"));
    try (AnnotationRun run =
        new AnnotationRun(model, classifier, options, folder, provenance, fingerprint)) {
      run.score(samples, progress);
      run.keepExtremes(samples);
    }
    Annotations annotations = Annotations.ofParts(folder, options.samples(), model);
    AtomicFile.write(table, out -> out.write(annotations.csv().getBytes(StandardCharsets.UTF_8)));
    return annotations;
  }

  /** The samples of a run, drawn in this process. */
  public AnnotationSamples here(AnnotationOptions options, Progress progress) {
    return AnnotationSamples.here(model, classifier, options.sampling(), options.store(), progress);
  }
}
