package org.hspace.trajectory;

import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.hspace.model.Model;
import org.hspace.nativelib.NativeResource;
import org.hspace.schedule.Lattice;

/**
 * N generation processes on one lattice: what determines each image, {@code (x_T, z)}, and, where
 * it was computed, what came of it, {@code (h, x_0)}.
 *
 * <p>All tensors are on the CPU, float32 (float64 for a float64 model); index 0 of a T axis is the
 * first step (largest timestep). An accessor gives a handle of the enclosing scope or the caller,
 * whose memory stays while either it or the trajectory is open.
 */
public final class Trajectory extends NativeResource {
  private final Tensor xT; // (N, C, H, W)
  private final Tensor z; // (N, T, C, H, W) or null
  private final Tensor h; // (N, T, c, h, w) or null
  private final Tensor x0; // (N, C, H, W) or null
  private final Lattice lattice;
  private final Provenance provenance;

  /**
   * Takes over the tensors.
   *
   * @param xT (N, C, H, W)
   * @param z (N, T, C, H, W), or null where every η is 0
   * @param h (N, T, c, h, w), or null when not recorded
   * @param x0 (N, C, H, W), or null when not computed
   */
  public Trajectory(
      Tensor xT, Tensor z, Tensor h, Tensor x0, Lattice lattice, Provenance provenance) {
    this.xT = own(xT);
    this.z = own(z);
    this.h = own(h);
    this.x0 = own(x0);
    this.lattice = lattice;
    this.provenance = provenance;
  }

  /**
   * Reads a trajectory file; its tensors stay views of the mapped file.
   *
   * @throws org.hspace.nativelib.HspaceException when it is not one, or was made with another model
   *     or noise schedule
   */
  public static Trajectory open(Path file, Model model) {
    return TrajectoryFile.read(file, model);
  }

  /** Writes a trajectory file (safetensors), under a temporary name until it is complete. */
  public void save(Path file) {
    try (TrajectoryFile.Writer writer = new TrajectoryFile.Writer(file, rows(), provenance)) {
      writer.append(this);
      writer.finish();
    }
  }

  /** Number of rows N. */
  public int rows() {
    return use(() -> Math.toIntExact(xT.size(0)));
  }

  /** Number of steps T. */
  public int steps() {
    return lattice.steps();
  }

  /** The start x_T (N, C, H, W). */
  public Tensor xT() {
    return share(xT);
  }

  /** The noise added on the way, z (N, T, C, H, W); null where every η is 0. */
  public Tensor z() {
    return share(z);
  }

  /**
   * The bottleneck activations h_t before any injection (N, T, c, h, w); null when not recorded.
   */
  public Tensor h() {
    return share(h);
  }

  /**
   * The images (or latents) at the end, x_0 (N, C, H, W).
   *
   * @throws IllegalStateException of a trajectory that was only drawn, not computed
   */
  public Tensor x0() {
    if (x0 == null) throw new IllegalStateException("x_0: of a trajectory that was only drawn");
    return share(x0);
  }

  /** The timesteps visited. */
  public Lattice lattice() {
    return lattice;
  }

  /** Model, schedule, η, and the seeds or images of the rows. */
  public Provenance provenance() {
    return provenance;
  }
}
