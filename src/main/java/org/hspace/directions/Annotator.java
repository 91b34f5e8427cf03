package org.hspace.directions;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.io.AtomicFile;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.FormatFile;
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.Trajectory;

/**
 * Samples seeds and scores the images with an attribute classifier, keeping h, so that directions
 * of any attribute come without sampling again: first half of the paper's method 4.
 *
 * <p>The result is a table {@code FILE.csv} (a column {@code seed} and one an attribute) and a
 * folder {@code FILE.csv.h} of part files with {@code h (n,T,c,h,w)}, {@code scores (n,A)} and
 * {@code seeds (n)}.
 */
public final class Annotator {
  private static final Gson GSON = new Gson();

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
   * @throws HspaceException when the parts that are there belong to a run with other options
   */
  public Annotations run(AnnotationOptions options, Path table, Progress progress) {
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
            .with("options", options, "samples") // more of them keep those that are there
            .with("classifier", facts.get("classifier"))
            .with("labels", facts.get("labels"));
    for (int first = 0, part = 0; first < options.samples(); first += options.partRows(), part++) {
      int count = Math.min(options.partRows(), options.samples() - first);
      long[] seeds = LongStream.range(0, count).toArray();
      for (int i = 0; i < count; i++) seeds[i] += options.firstSeed() + first;
      Path file = Annotations.part(folder, part);
      if (!done(file, fingerprint, seeds, progress)) {
        annotate(file, seeds, options, provenance, fingerprint, progress);
      }
      progress.report(first + count, options.samples(), "images");
    }
    Annotations annotations = Annotations.ofParts(folder, options.samples(), model);
    AtomicFile.write(table, out -> out.write(annotations.csv().getBytes(StandardCharsets.UTF_8)));
    return annotations;
  }

  private boolean done(Path file, RunFingerprint fingerprint, long[] seeds, Progress progress) {
    if (!Files.exists(file)) return false;
    AnnotationPart part = AnnotationPart.read(file, model);
    try (FormatFile opened = FormatFile.open(file)) {
      String advice = "delete " + file.getParent() + " or choose another file";
      fingerprint.goOnFrom(opened, advice, progress);
    }
    return Arrays.equals(part.seeds(), seeds);
  }

  private void annotate(
      Path file,
      long[] seeds,
      AnnotationOptions options,
      Provenance provenance,
      RunFingerprint fingerprint,
      Progress progress) {
    try (Trajectory samples =
            new Sampler(model)
                .sample(seeds, options.sampling().withRecordH(true), progress.silent());
        PointerScope scope = new PointerScope()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put(
          "h",
          Finite.require(
              samples.h().to(options.store()),
              "h of seeds %d to %d as %s"
                  .formatted(seeds[0], seeds[seeds.length - 1], options.store())));
      tensors.put("scores", classifier.scores(model.pictures(samples.x0())).cpu());
      tensors.put("seeds", Tensors.of(seeds));
      makeFolder(file.getParent()); // now that there is something to put there
      try (TensorFileWriter writer = new TensorFileWriter(file)) {
        writer.metadata("format", AnnotationPart.FORMAT);
        writer.metadata("provenance", provenance.toJson());
        fingerprint.metadata().forEach(writer::metadata);
        writer.metadata("labels", GSON.toJson(classifier.labels()));
        tensors.forEach((name, t) -> writer.declare(name, t.scalar_type(), Tensors.shape(t)));
        tensors.forEach(writer::write);
        writer.finish();
      }
    }
  }

  private static void makeFolder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new HspaceException("cannot make the folder " + folder + ": " + e.getMessage());
    }
  }
}
