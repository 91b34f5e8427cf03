package org.hspace.pipeline;

import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;

/**
 * Where an edit acts, and what is left alone elsewhere. The noise z that an inversion finds holds
 * what the image shows, and puts it back where an edit takes it away; let go everywhere, nothing of
 * the image would stay. An edit's region is where its predicted x_0 differs from that of the
 * unedited pass, which runs beside the edits, or a mask.
 *
 * @param skip share of the steps, from the first on, that run unedited, 0 to 1
 * @param relax inside the region noise is drawn anew, at the trajectory's η times this, from 0
 *     (none) to 1; empty keeps the trajectory's own
 * @param seed row i's new noise is that of seed + i
 * @param keepBackground whether x_t is the unedited pass's outside the region, at each step
 * @param mask the region of all edits (1, 1, H, W), on samples, not owned; null: each edit's own
 * @param threshold an edit's own region is what changes by more than this share of the most that
 *     anything changes
 */
public record Locality(
    double skip,
    OptionalDouble relax,
    long seed,
    boolean keepBackground,
    Tensor mask,
    double threshold) {
  /** Edits act everywhere, from the first step on, against the trajectory's own noise. */
  public static final Locality NONE = new Locality(0, OptionalDouble.empty(), 0, false, null, 0.3);

  /**
   * Where pictures of one's own are edited unless somebody says otherwise: at the knee of what
   * {@code evaluate --real} measures.
   */
  public static final Locality OF_PICTURES =
      NONE.withSkip(0.3).withRelax(OptionalDouble.of(1)).withKeepBackground(true);

  public Locality {
    checkShare("skip", skip);
    checkShare("threshold", threshold);
    relax.ifPresent(factor -> checkShare("relax", factor));
    if (mask != null && relax.isEmpty() && !keepBackground)
      throw new HspaceException("mask: has no effect without relax and keep-background");
  }

  private static void checkShare(String option, double value) {
    if (value >= 0 && value <= 1) return; // not so where it is not a number
    throw new HspaceException(option + ": expected 0 to 1, found " + value);
  }

  /** The same, starting later. */
  public Locality withSkip(double value) {
    return new Locality(value, relax, seed, keepBackground, mask, threshold);
  }

  /** The same with other noise inside the region. */
  public Locality withRelax(OptionalDouble value) {
    return new Locality(skip, value, seed, keepBackground, mask, threshold);
  }

  /** The same, keeping the background or not. */
  public Locality withKeepBackground(boolean value) {
    return new Locality(skip, relax, seed, value, mask, threshold);
  }

  /** The same with the new noise of other seeds. */
  public Locality withSeed(long value) {
    return new Locality(skip, relax, value, keepBackground, mask, threshold);
  }

  /** The same in another region. */
  public Locality withMask(Tensor value) {
    return new Locality(skip, relax, seed, keepBackground, value, threshold);
  }
}
