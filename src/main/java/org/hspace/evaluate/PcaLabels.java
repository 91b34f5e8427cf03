package org.hspace.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.io.CsvTable;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.SeedRange;

/**
 * Names principal components by the attribute that they go with: the correlation, over samples, of
 * a component's coefficient with a classifier's score.
 *
 * @param attributes the classifier's labels (A)
 * @param components names of the components (K)
 * @param correlation Pearson's r [K][A]
 */
public record PcaLabels(List<String> attributes, List<String> components, double[][] correlation) {
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
    Tensor mean = pca.figures().get("mean");
    if (mean == null)
      throw new HspaceException("label: expected the directions of a PCA, with their mean");
    if (samples < 10) throw new HspaceException("samples: expected at least 10, found " + samples);
    int k = Math.min(components, pca.size());
    double[] eta = pca.provenance().etaValues();
    SamplingOptions sampling =
        new SamplingOptions(
            pca.provenance().steps(),
            EtaSchedule.list(eta),
            pca.provenance().hSpace(),
            true,
            batch,
            false,
            pca.provenance().clipping() != null,
            pca.provenance().conditioning());
    int labels = classifier.labels().size();
    double[][] coefficients = new double[k][samples];
    double[][] scores = new double[labels][samples];
    int[] row = {0};
    SeedRange.check(firstSeed, samples);
    long[] seeds = LongStream.range(firstSeed, firstSeed + samples).toArray();
    new Sampler(model)
        .stream(
            seeds,
            sampling,
            part -> {
              try (PointerScope scope = new PointerScope()) {
                int n = part.rows();
                Tensor v =
                    pca.directions().narrow(0, 0, k).to(ScalarType.Double).reshape(k, -1); // (K, D)
                Tensor unit =
                    v.div(v.norm(new ScalarOptional(new Scalar(2.0)), new long[] {1}, true));
                Tensor h = part.h().sub(mean).to(ScalarType.Double).reshape(n, -1); // (B, D)
                double[] projected = Tensors.doubles(unit.matmul(h.transpose(0, 1))); // (K, B)
                double[] scored =
                    Tensors.doubles(classifier.scores(model.pictures(part.x0()))); // (B, A)
                for (int i = 0; i < n; i++) {
                  for (int j = 0; j < k; j++) coefficients[j][row[0] + i] = projected[j * n + i];
                  for (int a = 0; a < labels; a++) scores[a][row[0] + i] = scored[i * labels + a];
                }
                row[0] += n;
                progress.report(row[0], samples, "samples");
              }
            },
            progress.silent());
    double[][] correlation = new double[k][labels];
    for (int j = 0; j < k; j++) {
      for (int a = 0; a < labels; a++) {
        correlation[j][a] = new PearsonsCorrelation().correlation(coefficients[j], scores[a]);
      }
    }
    return new PcaLabels(classifier.labels(), pca.names().subList(0, k), correlation);
  }

  /** Number of the component that goes with an attribute most closely. */
  public int best(int attribute) {
    int best = 0;
    for (int k = 1; k < correlation.length; k++) {
      if (Math.abs(correlation[k][attribute]) > Math.abs(correlation[best][attribute])) best = k;
    }
    return best;
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
