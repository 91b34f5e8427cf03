package org.hspace.linalg;

import java.util.List;

/** Finds the leading singular triplets of every problem of a map, all problems in lockstep. */
public interface SvdSolver {
  /** Hears of every sweep over the problems that have not converged yet. */
  interface Progress {
    /**
     * @param active problems not yet converged
     * @param pairs pairs of products spent on all problems so far
     * @param worst largest relative residual among the wanted vectors of the active problems
     */
    void sweep(int active, long pairs, double worst);

    /** Hears nothing. */
    Progress NONE = (active, pairs, worst) -> {};
  }

  /**
   * Solves every problem.
   *
   * @return one result a problem, in the order of their numbers; a problem whose domain or codomain
   *     is smaller than k yields an {@link IllegalArgumentException}
   */
  List<Svd> solve(LinearMap map, SvdOptions options, Progress progress);
}
