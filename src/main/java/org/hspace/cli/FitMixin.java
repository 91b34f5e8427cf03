package org.hspace.cli;

import org.hspace.image.Fit;
import picocli.CommandLine.Option;

/** How pictures of other proportions come to the model's size. */
final class FitMixin {
  @Option(
      names = "--fit",
      paramLabel = "HOW",
      defaultValue = "crop",
      order = 9,
      description =
          "Bring pictures to the model's size: crop (the largest centred part), stretch, or pad (all of it between white"
              + " bars) (default: ${DEFAULT-VALUE}).")
  private Fit fit;

  Fit value() {
    return fit;
  }
}
