package org.hspace.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.directions.LocalEdits;
import org.hspace.evaluate.LocalComparison;
import org.hspace.image.MaskFile;
import org.hspace.pipeline.SeedRange;
import picocli.CommandLine.Option;

/** {@code --local}: how well edits of one image stay inside a mask. */
final class EvaluateLocal implements EvaluateMode {
  private static final int SAMPLES = 20;
  private static final int VECTORS = 3;
  private static final double LAMBDA = 1e-3;

  @Option(
      names = "--local",
      paramLabel = "MASK",
      order = 14,
      description =
          "A mask as of jacobian: compare, at equal change inside, how well local edits (jacobian --keep-outside) stay inside"
              + " with masked singular vectors and with LOCO-Edit's null-space projection; of each way as many are tried, and"
              + " those kept that stay inside best.")
  @Reads
  private String mask;

  @Option(
      names = "--change",
      paramLabel = "RMS",
      order = 14,
      description = "Change inside the mask of --local, as of jacobian --amount (default: 0.1).")
  private Double change;

  @Override
  public boolean chosen() {
    return mask != null;
  }

  @Override
  public String option() {
    return "--local";
  }

  @Override
  public List<String> unread() {
    return List.of(CLASSIFIER, "--annotations", "--out", "--h-space", "--strength", "--components");
  }

  @Override
  public void check() {
    if (change != null && !(change > 0 && Double.isFinite(change))) {
      throw new HspaceException("--change: expected a number above 0, found " + change);
    }
  }

  @Override
  public void run(Context context) {
    EvaluateOptions options = context.options();
    int[] shape = context.model().pictureShape();
    Tensor region = context.model().sampleMask(MaskFile.read(mask, shape[1], shape[2]));
    int samples = options.samples(SAMPLES);
    SeedRange.check(options.firstSeed(), samples);
    double amount = change == null ? LocalEdits.AMOUNT : change;
    LocalComparison found =
        LocalComparison.measure(
            context.model(),
            LongStream.range(options.firstSeed(), options.firstSeed() + samples).toArray(),
            region,
            VECTORS,
            LAMBDA,
            amount,
            options.sampling(context.model(), context.console()),
            context.console().progress("comparing"));
    List<Map<String, Object>> rows = new ArrayList<>();
    context
        .out()
        .printf(
            Locale.ROOT,
            "the best %d of %d edits of each sample at change %s%ninside : outside, median    edits   missed%n",
            VECTORS,
            found.tried(),
            amount);
    for (String way : found.ratios().keySet()) {
      context
          .out()
          .printf(
              Locale.ROOT,
              "%24.2f  %7d  %7d  %s%n",
              found.median(way),
              found.ratios().get(way).length,
              found.missed().get(way),
              way);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("way", way);
      row.put("median_ratio", found.median(way));
      row.put("ratios", found.ratios().get(way));
      row.put("missed", found.missed().get(way));
      rows.add(row);
    }
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("mask", mask);
    figures.put("amount", amount);
    figures.put("kept", VECTORS);
    figures.put("tried", found.tried());
    figures.put("rows", rows);
    options.json().write(figures);
  }
}
