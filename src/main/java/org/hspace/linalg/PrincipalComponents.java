package org.hspace.linalg;

import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.NativeResource;

/**
 * The leading principal components of G groups of vectors, all from the same n samples. Double
 * precision, on the CPU.
 */
public final class PrincipalComponents extends NativeResource {
  private final long count;
  private final Tensor mean;
  private final Tensor vectors;
  private final Tensor singularValues;
  private final Tensor totalSquares;
  private final Tensor cutOff;

  PrincipalComponents(
      long count,
      Tensor mean,
      Tensor vectors,
      Tensor singularValues,
      Tensor totalSquares,
      Tensor cutOff) {
    this.count = count;
    this.mean = own(mean);
    this.vectors = own(vectors);
    this.singularValues = own(singularValues);
    this.totalSquares = own(totalSquares);
    this.cutOff = own(cutOff);
  }

  /** Number of samples n. */
  public long count() {
    return count;
  }

  /** Means of the groups (G, D). */
  public Tensor mean() {
    return share(mean);
  }

  /**
   * Unit vectors (G, k, D), signs aligned from one group to the next; zero where the singular value
   * is.
   */
  public Tensor vectors() {
    return share(vectors);
  }

  /**
   * Singular values of the centred samples (G, k), descending; a component's standard deviation is
   * {@code s/√(n-1)}.
   */
  public Tensor singularValues() {
    return share(singularValues);
  }

  /**
   * Squared distances of the samples from the mean, summed (G): {@code s²} of a component over this
   * is its share of the variance.
   */
  public Tensor totalSquares() {
    return share(totalSquares);
  }

  /**
   * How much smaller the square of any singular value may be than that of all samples at once,
   * because of components that were cut off on the way (G); never larger. 0 where none were.
   */
  public Tensor cutOff() {
    return share(cutOff);
  }
}
