package org.hspace.pipeline;

/**
 * Inverted images with the evidence for them.
 *
 * @param trajectory (x_T, z) of each image, and what decoding them gives: h and x_0
 * @param psnr peak signal-to-noise ratio of each decoded image against its original, in dB for
 *     values in [-1, 1]; infinite when equal
 * @param residual of each image the worst {@code ‖f(x_t) - x_p‖ / ‖x_p‖} over the noiseless steps
 *     f, 0 when there is none; where steps are not solved (DDIM inversion without refinement) the
 *     relative error of the round trip
 */
public record Inversion(Trajectory trajectory, double[] psnr, double[] residual)
    implements AutoCloseable {
  /** Frees the trajectory. */
  @Override
  public void close() {
    trajectory.close();
  }
}
