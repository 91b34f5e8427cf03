package org.hspace.linalg;

import java.io.Serializable;

/**
 * The state of an {@link IncrementalPca} as plain numbers, to travel between processes: {@code 8 G
 * (rank + 1) D} bytes and a few.
 *
 * @param groups G
 * @param dimension D
 * @param capacity components carried along, K
 * @param count samples so far
 * @param rank components that there are, at most K
 * @param mean of each group (G, D), row-major like the others
 * @param scaled components times their singular values (G, rank, D)
 * @param totalSquares squared distances from the mean, summed (G)
 * @param cutOff bound on what truncation took from any eigenvalue of the scatter (G)
 */
public record PcaState(
    int groups,
    long dimension,
    int capacity,
    long count,
    int rank,
    double[] mean,
    double[] scaled,
    double[] totalSquares,
    double[] cutOff)
    implements Serializable {}
