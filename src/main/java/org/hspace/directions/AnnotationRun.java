package org.hspace.directions;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.io.AtomicFile;
import org.hspace.nativelib.FormatFile;
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Provenance;

/**
 * One run of an {@link Annotator} over its parts. First come all scores, with those h that may
 * still be extremes, or none where they stay elsewhere; then h that turned out to be none are
 * dropped, and missing ones drawn again.
 */
final class AnnotationRun implements AutoCloseable {
  private static final Gson GSON = new Gson();

  private final Model model;
  private final AnnotationOptions options;
  private final Path folder;
  private final RunFingerprint fingerprint;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final List<long[]> parts = new ArrayList<>(); // their seeds
  private Extremes extremes;
  private final SavePace pace;
  private ScoreStatistics full; // of the parts that are done, but for a last one that is not full
  private ScoreStatistics tail; // of that
  private int done; // parts
  private boolean leftOut; // whether the h of some sample is not there

  AnnotationRun(
      Model model,
      Classifier classifier,
      AnnotationOptions options,
      Path folder,
      Provenance provenance,
      RunFingerprint fingerprint) {
    this.model = model;
    this.options = options;
    this.folder = folder;
    this.fingerprint = fingerprint;
    metadata.put("provenance", provenance.toJson());
    metadata.put("labels", GSON.toJson(classifier.labels()));
    long end = options.firstSeed() + options.samples();
    for (long first = options.firstSeed(); first < end; first += options.partRows()) {
      parts.add(LongStream.range(first, Math.min(end, first + options.partRows())).toArray());
    }
    int attributes = classifier.labels().size();
    extremes = new Extremes(attributes, options.keep());
    pace = new SavePace(options.saveEvery());
    int[] h = model.bottleneckShape(options.sampling().hSpace());
    long dimension = (long) options.sampling().steps() * h[0] * h[1] * h[2];
    full = new ScoreStatistics(attributes, dimension);
    tail = new ScoreStatistics(attributes, dimension);
  }

  /** Scores all samples but those that an earlier run left. */
  void score(AnnotationSamples samples, Progress progress) {
    resume(progress);
    int fullParts = options.samples() / options.partRows();
    for (int end : new int[] {fullParts, parts.size()}) { // the last one, if not full, by itself
      if (done < end) {
        samples.score(
            parts.subList(done, end),
            options.keep() == 0,
            (scored, statistics) -> {
              fingerprint.tookPart(samples.machines());
              scored.forEach(this::take);
              if (statistics != null) target(done - 1).merge(statistics);
              if (leftOut) pace.after(this::saveStatistics);
              progress.report(rows(), options.samples(), "images");
            });
      }
    }
  }

  /** Where the statistics of a part go. */
  private ScoreStatistics target(int part) {
    return parts.get(part).length == options.partRows() ? full : tail;
  }

  /** Samples in the parts that are done. */
  private long rows() {
    return Math.min((long) done * options.partRows(), options.samples());
  }

  private void take(AnnotationSamples.Scored scored) {
    extremes.add(scored.scores());
    int[] kept = scored.h() == null ? new int[0] : wanted(done, extremes.rows());
    try (PointerScope scope = new PointerScope()) {
      write(done, scored.scores(), kept, kept.length == 0 ? null : select(scored.h(), kept));
    }
    leftOut |= kept.length < parts.get(done).length;
    done++;
  }

  /** Which rows of a part are among some of all. */
  private int[] wanted(int part, BitSet rows) {
    int first = part * options.partRows();
    return IntStream.range(0, parts.get(part).length).filter(i -> rows.get(first + i)).toArray();
  }

  private static Tensor select(Tensor h, int[] rows) {
    if (rows.length == h.size(0)) return h;
    return h.index_select(0, Tensors.of(Arrays.stream(rows).asLongStream().toArray()));
  }

  private void write(int part, double[][] scores, int[] kept, Tensor h) {
    try {
      Files.createDirectories(folder); // now that there is something to put there
    } catch (IOException e) {
      throw new HspaceException("cannot make the folder " + folder + ": " + e.getMessage());
    }
    Map<String, String> all = new LinkedHashMap<>(metadata);
    all.putAll(fingerprint.metadata());
    AnnotationPart.write(Annotations.part(folder, part), all, parts.get(part), scores, kept, h);
  }

  /** Finds the parts of an earlier run that can be used; those after the first gap cannot. */
  private void resume(Progress progress) {
    readStatistics(progress);
    int known = Math.toIntExact(full.count() / options.partRows());
    scan(known, progress);
    if (done < known) { // a part is missing that they are of
      reset();
      done = 0;
      scan(0, progress);
    } else if (done == known && done < parts.size()) {
      tail = empty(tail);
    }
  }

  private void reset() {
    extremes = new Extremes(full.scores(), options.keep());
    full = empty(full);
    tail = empty(tail);
    leftOut = false;
  }

  private static ScoreStatistics empty(ScoreStatistics like) {
    ScoreStatistics made = ScoreStatistics.like(like);
    like.close();
    return made;
  }

  /**
   * @param known parts whose samples the statistics hold
   */
  private void scan(int known, Progress progress) {
    for (; done < parts.size(); done++) {
      Path file = Annotations.part(folder, done);
      if (!Files.exists(file)) break;
      AnnotationPart part = AnnotationPart.read(file, model);
      check(file, progress);
      boolean counted = done < known || done == known && tail.count() == parts.get(done).length;
      if (!Arrays.equals(part.seeds(), parts.get(done))
          || !part.whole() && (options.keep() == 0 || !counted)) break;
      extremes.add(part.scores());
      leftOut |= !part.whole();
      if (!counted && options.keep() > 0) {
        try (PointerScope scope = new PointerScope()) {
          target(done).add(part.h(), part.scores());
        }
      }
      progress.report(rows() + part.size(), options.samples(), "images");
    }
  }

  private void check(Path file, Progress progress) {
    try (FormatFile opened = FormatFile.open(file)) {
      fingerprint.goOnFrom(opened, "delete " + folder + " or choose another file", progress);
    }
  }

  private void readStatistics(Progress progress) {
    Path file = Annotations.statistics(folder);
    if (options.keep() == 0 || !Files.exists(file)) return;
    check(file, progress);
    int attributes = full.scores();
    long dimension = full.dimension();
    try (FormatFile opened = FormatFile.open(file)) {
      ScoreStatistics ofFull =
          ScoreStatistics.read(opened, Annotations.FULL, attributes, dimension);
      // Those of more samples than are asked for now cannot be taken back to fewer.
      boolean useful =
          ofFull.count() % options.partRows() == 0
              && ofFull.count() <= options.samples() / options.partRows() * options.partRows();
      if (!useful) {
        ofFull.close();
        return;
      }
      full.close();
      full = ofFull;
      ScoreStatistics ofTail =
          ScoreStatistics.read(opened, Annotations.TAIL, attributes, dimension);
      if (full.count() + ofTail.count() == options.samples()) {
        tail.close();
        tail = ofTail;
      } else {
        ofTail.close();
      }
    }
  }

  private void saveStatistics() {
    try (PointerScope scope = new PointerScope();
        TensorFileWriter writer = new TensorFileWriter(Annotations.statistics(folder))) {
      fingerprint.metadata().forEach(writer::metadata);
      Map<String, Tensor> tensors = new TreeMap<>(full.tensors(Annotations.FULL));
      tensors.putAll(tail.tensors(Annotations.TAIL));
      tensors.forEach((name, t) -> writer.declare(name, t.scalar_type(), Tensors.shape(t)));
      tensors.forEach(writer::write);
      writer.finish();
    }
  }

  /** Leaves the h of extremes in the parts, and no others; saves what the others are needed for. */
  void keepExtremes(AnnotationSamples samples) {
    BitSet rows = extremes.rows();
    boolean partial = rows.cardinality() < options.samples();
    if (partial) saveStatistics(); // before any part loses what they were made of
    List<Integer> missing = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      AnnotationPart part = AnnotationPart.read(Annotations.part(folder, i), model);
      int[] wanted = wanted(i, rows);
      if (Arrays.equals(wanted, part.kept())) continue;
      int[] places = places(part.kept(), wanted);
      if (places == null) {
        missing.add(i);
      } else {
        try (PointerScope scope = new PointerScope()) {
          write(i, part.scores(), wanted, wanted.length == 0 ? null : select(part.h(), places));
        }
      }
    }
    Iterator<Integer> next = missing.iterator();
    List<long[]> seeds = missing.stream().map(i -> seeds(i, wanted(i, rows))).toList();
    if (!seeds.isEmpty()) {
      samples.draw(
          seeds,
          h -> {
            int i = next.next();
            AnnotationPart part = AnnotationPart.read(Annotations.part(folder, i), model);
            fingerprint.tookPart(samples.machines());
            write(i, part.scores(), wanted(i, rows), h);
          });
    }
    if (!partial) AtomicFile.remove(Annotations.statistics(folder));
  }

  private long[] seeds(int part, int[] rows) {
    return Arrays.stream(rows).mapToLong(row -> parts.get(part)[row]).toArray();
  }

  /** Where the wanted rows are among those that are there; null if one is not. */
  private static int[] places(int[] there, int[] wanted) {
    int[] places = Arrays.stream(wanted).map(row -> Arrays.binarySearch(there, row)).toArray();
    return Arrays.stream(places).allMatch(place -> place >= 0) ? places : null;
  }

  @Override
  public void close() {
    full.close();
    tail.close();
  }
}
