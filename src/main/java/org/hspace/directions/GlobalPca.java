package org.hspace.directions;

import org.hspace.model.Model;
import org.hspace.trajectory.Progress;

/** Global directions: the principal components of h over many samples. Method 1 of the paper. */
public final class GlobalPca {
  private final Model model;

  /** For the given model, which it does not own. */
  public GlobalPca(Model model) {
    this.model = model;
  }

  /**
   * Samples n trajectories and returns the k leading directions in units of their standard deviation, named {@code pc0}, {@code
   * pc1}, …
   *
   * <p>Figures: {@code mean (T,c,h,w)}; {@code singular_values}, {@code explained_variance} and {@code explained_variance_ratio}
   * (T,k), or (1,k) for the scope of whole trajectories.
   *
   * @return to be closed by the caller
   */
  public DirectionSet run(PcaOptions options, Progress progress) {
    throw new UnsupportedOperationException();
  }
}
