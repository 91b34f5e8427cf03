package org.hspace.evaluate;

import static org.bytedeco.pytorch.global.torch.linalg_pinv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.LongStream;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.directions.Annotations;
import org.hspace.io.CsvTable;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.SeedRange;

/**
 * Names components by the attribute that they go with: the correlation, over samples, of a
 * component's coefficient with a classifier's score. The coefficients are those of {@code h - mean}
 * as a combination of all components of the file; principal ones are orthogonal, so that each
 * coefficient is a projection, while independent ones share what they have in common.
 *
 * @param attributes the classifier's labels (A)
 * @param components names of the components (K)
 * @param correlation Pearson's r [K][A]
 */
public record PcaLabels(List<String> attributes, List<String> components, double[][] correlation) {
  private static final int LEAST = 10;

  /**
   * Samples anew on the directions' own lattice and η, and correlates.
   *
   * @param components how many of the leading ones
   * @param samples n, at least 10
   * @param firstSeed of the samples, best not among those that the PCA saw
   * @throws HspaceException when the file holds no PCA of this model
   */
  public static PcaLabels measure(
      Model model,
      Classifier classifier,
      DirectionSet pca,
      int components,
      int samples,
      long firstSeed,
      int batch,
      Progress progress) {
    if (samples < LEAST) throw tooFew(samples);
    SeedRange.check(firstSeed, samples);
    Coordinates found = new Coordinates(pca, components, samples);
    SamplingOptions sampling =
        SamplingOptions.of(pca.provenance(), batch).withReferenceSeeds(false);
    double[][] scores = new double[samples][];
    new Sampler(model)
        .stream(
            LongStream.range(firstSeed, firstSeed + samples).toArray(),
            sampling,
            part -> {
              int first = found.done;
              double[][] scored =
                  Tensors.rows(classifier.scores(model.pictures(part.x0()))); // [B][A]
              System.arraycopy(scored, 0, scores, first, scored.length);
              found.take(part.h());
              progress.report(found.done, samples, "images");
            },
            progress.silent());
    return found.labels(
        classifier.labels(), a -> Arrays.stream(scores).mapToDouble(row -> row[a]).toArray());
  }

  /**
   * Correlates over samples that were annotated, best others than the PCA saw.
   *
   * @param samples the first n
   * @throws HspaceException when the file holds no PCA, or the samples are of another lattice
   */
  public static PcaLabels measure(
      Annotations annotations, DirectionSet pca, int components, int samples) {
    if (samples < LEAST) throw tooFew(samples);
    if (samples > annotations.size())
      throw new HspaceException(
          "samples: expected at most " + annotations.size() + ", found " + samples);
    Provenance theirs = annotations.provenance();
    Provenance own = pca.provenance();
    if (theirs.steps() != own.steps()
        || !theirs.eta().equals(own.eta())
        || theirs.hSpace() != own.hSpace()
        || !theirs.conditioning().equals(own.conditioning())) {
      throw new HspaceException(
          "annotations: expected steps, noise, h-space and prompt of the directions, found others");
    }
    Coordinates found = new Coordinates(pca, components, samples);
    annotations.forEachPart(
        (first, h) -> {
          if (first < samples) found.take(h.narrow(0, 0, Math.min(h.size(0), samples - first)));
        });
    List<String> labels = annotations.labels();
    return found.labels(labels, a -> Arrays.copyOf(annotations.scores(labels.get(a)), samples));
  }

  private static HspaceException tooFew(int samples) {
    return new HspaceException("samples: expected at least " + LEAST + ", found " + samples);
  }

  /** Coefficients of samples on components, batch after batch. */
  private static final class Coordinates {
    private final List<String> names;
    private final Tensor mean; // (T, c, h, w)
    private final Tensor inverse; // (K, D)
    private final double[][] values; // [K][n]
    private int done;

    Coordinates(DirectionSet pca, int components, int samples) {
      this.mean = pca.figures().get("mean");
      if (mean == null)
        throw new HspaceException("label: expected the directions of a PCA, with their mean");
      int k = Math.min(components, pca.size());
      this.names = pca.names().subList(0, k);
      this.inverse = coefficients(pca).narrow(0, 0, k);
      this.values = new double[k][samples];
    }

    /** Takes in h (B, T, c, h, w). */
    void take(Tensor h) {
      try (PointerScope scope = new PointerScope()) {
        int n = Math.toIntExact(h.size(0));
        Tensor flat = h.to(ScalarType.Double).sub(mean).reshape(n, -1); // (B, D)
        double[] projected = Tensors.doubles(inverse.matmul(flat.transpose(0, 1))); // (K, B)
        for (int j = 0; j < values.length; j++)
          System.arraycopy(projected, j * n, values[j], done, n);
        done += n;
      }
    }

    PcaLabels labels(List<String> attributes, IntFunction<double[]> scores) {
      double[][] correlation = new double[values.length][attributes.size()];
      for (int a = 0; a < attributes.size(); a++) {
        double[] score = scores.apply(a);
        for (int j = 0; j < values.length; j++) {
          correlation[j][a] = new PearsonsCorrelation().correlation(values[j], score);
        }
      }
      return new PcaLabels(attributes, names, correlation);
    }
  }

  /** Maps {@code h - mean} to the coefficients of all directions of a set (K, D). */
  private static Tensor coefficients(DirectionSet pca) {
    return Tensors.scoped(
        () -> {
          Tensor v = pca.directions().to(ScalarType.Double).reshape(pca.size(), -1); // (K, D)
          Tensor unit = v.div(v.norm(new ScalarOptional(new Scalar(2.0)), new long[] {1}, true));
          return linalg_pinv(unit).t().contiguous();
        });
  }

  /** Number of the component that goes with an attribute most closely. */
  public int best(int attribute) {
    int best = 0;
    for (int k = 1; k < correlation.length; k++) {
      if (Math.abs(correlation[k][attribute]) > Math.abs(correlation[best][attribute])) best = k;
    }
    return best;
  }

  /** The best component of each attribute and its correlation, for programs. */
  public List<Map<String, Object>> best() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int a = 0; a < attributes.size(); a++) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("attribute", attributes.get(a));
      row.put("component", components.get(best(a)));
      row.put("correlation", correlation[best(a)][a]);
      rows.add(row);
    }
    return rows;
  }

  /** As a table for people: a line an attribute, with its component and the correlation. */
  public String text() {
    List<String> lines = new ArrayList<>();
    for (int a = 0; a < attributes.size(); a++) {
      int k = best(a);
      lines.add(
          String.format(
              Locale.ROOT,
              "%-10s %-6s r = %+.2f",
              attributes.get(a),
              components.get(k),
              correlation[k][a]));
    }
    return String.join("\n", lines) + "\n";
  }

  /** All correlations as comma-separated values: a line a component, a column an attribute. */
  public String csv() {
    List<List<Object>> rows = new ArrayList<>();
    rows.add(new ArrayList<>(List.of("component")));
    rows.get(0).addAll(attributes);
    for (int k = 0; k < correlation.length; k++) {
      List<Object> row = new ArrayList<>(List.of(components.get(k)));
      for (double r : correlation[k]) row.add(String.format(Locale.ROOT, "%.6f", r));
      rows.add(row);
    }
    return CsvTable.text(rows);
  }
}
