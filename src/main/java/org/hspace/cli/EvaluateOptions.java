package org.hspace.cli;

import java.nio.file.Path;
import java.util.OptionalDouble;
import org.hspace.HspaceException;
import org.hspace.io.AtomicFile;
import org.hspace.pipeline.Conditioning;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.SamplingOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that several of {@code hspace evaluate}'s measurements read. */
final class EvaluateOptions {
  /** Directions that are looked at when the user does not say how many. */
  private static final int LEADING = 10;

  @Option(
      names = "--samples",
      paramLabel = "N",
      order = 3,
      description = "Samples of a set of seeds (default: 100, for --label 300).")
  private Integer samples;

  @Option(
      names = "--strength",
      paramLabel = "S",
      order = 7,
      description = "One strength for all, instead of --amount; of --against-random, instead of 2.")
  private Double strength;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      order = 9,
      description = "Write the table, curve or labels as comma-separated values.")
  @Writes(Writes.As.TEXT)
  private Path out;

  @Option(
      names = "--components",
      paramLabel = "K",
      order = 13,
      description =
          "Leading directions that --label and --against-random look at (default: 10, or all of fewer).")
  private Integer components;

  @Option(
      names = "--annotations",
      paramLabel = "FILE",
      order = 15,
      description =
          "The table of hspace annotate: for --curve, and for --label to take its samples instead of drawing some.")
  @Reads
  private Path annotations;

  @Option(
      names = "--first-seed",
      paramLabel = "SEED",
      defaultValue = "1000000",
      order = 17,
      description =
          "Samples begin at this seed, away from those that directions were made of (default: ${DEFAULT-VALUE}).")
  private long firstSeed;

  @Mixin private NoiseMixin lattice;
  @Mixin private JsonMixin json;

  int samples() {
    return samples(100);
  }

  /** Annotated samples; null when the user names none. */
  Path annotations() {
    return annotations;
  }

  /**
   * Samples of a set of seeds.
   *
   * @param fallback when the user names no number
   */
  int samples(int fallback) {
    return samples == null ? fallback : samples;
  }

  /** The strength of all directions, when the user names one. */
  OptionalDouble strength() {
    return strength == null ? OptionalDouble.empty() : OptionalDouble.of(strength);
  }

  long firstSeed() {
    return firstSeed;
  }

  /** Images of one network pass. */
  int batch() {
    return lattice.batch();
  }

  /** Whether predictions are clipped. */
  boolean clip() {
    return lattice.clip();
  }

  /** How samples are drawn; h is not needed. */
  SamplingOptions sampling(Model model, Console console) {
    return sampling(model, null, console);
  }

  /**
   * The same.
   *
   * @param fallback prompt and so on when the user names none; null for the model's own
   */
  SamplingOptions sampling(Model model, Conditioning fallback, Console console) {
    return lattice
        .sampling(EtaSchedule.DDPM)
        .withRecordH(false)
        .withConditioning(lattice.conditioning(model, fallback, console));
  }

  /** How pictures are inverted. */
  InversionOptions inversion(Model model, Console console) {
    return lattice
        .inversion(EtaSchedule.DDPM)
        .withConditioning(lattice.conditioning(model, console));
  }

  /** Checks what the user says of the lattice against that of a file. */
  void checkLattice(Provenance file, Path path) {
    lattice.check(file, path);
  }

  JsonMixin json() {
    return json;
  }

  /** Writes comma-separated values, if asked to. */
  void writeTable(String csv) {
    if (out != null) AtomicFile.write(out, csv);
  }

  /**
   * How many leading directions of a file are looked at.
   *
   * @throws HspaceException when the user names more than it holds
   */
  int leading(DirectionSet set, Path file) {
    if (components == null) return Math.min(LEADING, set.size());
    if (components < 1 || components > set.size()) {
      throw new HspaceException(
          "--components: expected 1 to "
              + set.size()
              + ", as many as "
              + file
              + " holds, found "
              + components);
    }
    return components;
  }
}
