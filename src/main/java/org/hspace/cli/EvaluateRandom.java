package org.hspace.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hspace.evaluate.RandomBaseline;
import org.hspace.pipeline.DirectionSet;
import picocli.CommandLine.Option;

/** {@code --against-random}: directions beside random ones of equal norm. */
final class EvaluateRandom implements EvaluateMode {
  /** Applied when the user names no strength. */
  private static final double STRENGTH = 2;

  @Option(
      names = "--against-random",
      paramLabel = "FILE",
      order = 12,
      description = "A direction file: compare its leading directions with random ones.")
  @Reads
  private Path file;

  @Override
  public boolean chosen() {
    return file != null;
  }

  @Override
  public String option() {
    return "--against-random";
  }

  @Override
  public List<String> unread() {
    return List.of("--annotations", "--out", "--h-space");
  }

  @Override
  public void run(Context context) {
    EvaluateOptions options = context.options();
    try (DirectionSet directions = DirectionSet.open(file, context.model())) {
      double applied = options.strength().orElse(STRENGTH);
      RandomBaseline found =
          RandomBaseline.measure(
              context.model(),
              context.classifier(),
              directions,
              options.leading(directions, file),
              applied,
              options.samples(),
              options.firstSeed(),
              options.sampling(context.model(), context.console()),
              context.console().progress("comparing"));
      context
          .out()
          .printf(
              Locale.ROOT,
              "at strength %.1f: attributes change by %.3f sd along the directions, %.3f along random ones of equal norm: %.1f"
                  + " times as much%npixels change by %.4f and %.4f: %.1f times as much%n",
              applied,
              found.semantic(),
              found.semanticRandom(),
              found.semanticFactor(),
              found.pixels(),
              found.pixelsRandom(),
              found.pixelFactor());
      options
          .json()
          .write(
              Map.of(
                  "strength", applied,
                  "semantic", found.semantic(),
                  "semantic_random", found.semanticRandom(),
                  "semantic_factor", found.semanticFactor(),
                  "pixels", found.pixels(),
                  "pixels_random", found.pixelsRandom(),
                  "pixel_factor", found.pixelFactor()));
    }
  }
}
