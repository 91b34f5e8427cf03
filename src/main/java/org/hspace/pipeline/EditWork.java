package org.hspace.pipeline;

/**
 * What grids of edits took. Cells of an image are computed once as long as the same was added to
 * them: before a window or the skipped steps end, and where nothing edits them.
 *
 * @param passes passes of the network's encoder
 * @param encoderRows samples in all of these together
 * @param decoderRows samples that went through the decoder
 * @param rowsAsked one at each step of each cell, twice where regions were looked for: what both
 *     halves would have taken if cells shared nothing
 */
public record EditWork(long passes, long encoderRows, long decoderRows, long rowsAsked) {
  /** None. */
  public static final EditWork NONE = new EditWork(0, 0, 0, 0);

  /** Both together. */
  public EditWork plus(EditWork other) {
    return new EditWork(
        passes + other.passes,
        encoderRows + other.encoderRows,
        decoderRows + other.decoderRows,
        rowsAsked + other.rowsAsked);
  }
}
