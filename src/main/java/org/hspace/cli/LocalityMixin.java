package org.hspace.cli;

import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.image.MaskFile;
import org.hspace.pipeline.Locality;
import org.hspace.pipeline.Model;
import picocli.CommandLine.Option;

/** Where edits act, and what they leave alone elsewhere. */
final class LocalityMixin {
  private static final String KEEP = "keep";

  @Option(
      names = "--skip",
      paramLabel = "SHARE",
      order = 10,
      description =
          "Run this share of the steps, from the first on, unedited: 0 edits all of them (default: 0.3 for pictures, else 0).")
  private Double skip;

  @Option(
      names = "--relax",
      paramLabel = "HOW",
      order = 11,
      description =
          "Noise inside the edit's own region: keep (the image's, which puts back what the edit takes away), or new noise at"
              + " eta times a number from 0 to 1 (default: 1 for pictures, else keep).")
  private String relax;

  @Option(
      names = "--keep-background",
      negatable = true,
      order = 12,
      description =
          "Outside the region leave the image as it is, at every step (default: for pictures).")
  private Boolean keepBackground;

  @Option(
      names = "--mask",
      paramLabel = "MASK",
      order = 13,
      description =
          "The region, instead of where the edit is seen to act: x,y,w,h in pixels, FILE.png (white or coloured is inside),"
              + " or FILE.json:REGION.")
  @Reads
  private String mask;

  /**
   * Checks what the user says before anything is loaded.
   *
   * @param fallback where the user says nothing
   * @return all but the mask
   */
  Locality of(Locality fallback) {
    Locality found = fallback;
    try {
      if (skip != null) found = found.withSkip(skip);
      if (relax != null) found = found.withRelax(factor());
    } catch (HspaceException e) {
      throw new HspaceException("--" + e.getMessage(), e);
    }
    if (keepBackground != null) found = found.withKeepBackground(keepBackground);
    if (mask != null && found.relax().isEmpty() && !found.keepBackground())
      throw new HspaceException("--mask: has no effect without --keep-background or --relax");
    return found;
  }

  /** The same with the user's mask, where there is one; of the enclosing scope. */
  Locality with(Locality checked, Model model) {
    if (mask == null) return checked;
    int[] picture = model.pictureShape();
    Tensor region = model.sampleMask(MaskFile.read(mask, picture[1], picture[2]));
    return checked.withMask(region);
  }

  private OptionalDouble factor() {
    if (relax.equals(KEEP)) return OptionalDouble.empty();
    try {
      return OptionalDouble.of(Double.parseDouble(relax));
    } catch (NumberFormatException e) {
      throw new HspaceException(
          "relax: expected keep or a number from 0 to 1, found '" + relax + "'");
    }
  }
}
