package org.hspace.pipeline;

import java.nio.file.Path;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Utf8;

/**
 * N generation processes on one lattice: what determines each image, {@code (x_T, z)}, and, where
 * it was computed, what came of it, {@code (h, x_0)}.
 *
 * <p>All tensors are on the CPU, float32 (float64 for a float64 model); index 0 of a T axis is the
 * first step (largest timestep). An accessor gives a handle of the enclosing scope or the caller,
 * whose memory stays while either it or the trajectory is open.
 */
public final class Trajectory extends NativeResource {
  private final HspaceNative.Trajectory handle;
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
    this(
        () ->
            new HspaceNative.Trajectory(
                xT,
                orUndefined(z),
                orUndefined(h),
                orUndefined(x0),
                lattice.handle(),
                provenance.toNative()));
    for (Tensor tensor : new Tensor[] {xT, z, h, x0}) own(tensor);
  }

  private static Tensor orUndefined(Tensor t) {
    return t == null ? new Tensor() : t;
  }

  /** What a C++ call returns. */
  Trajectory(Supplier<HspaceNative.Trajectory> call) {
    this.handle = NativeCall.scoped(() -> own(call.get()));
    this.lattice = new Lattice(handle::lattice);
    this.provenance = Provenance.of(handle::provenance);
  }

  /**
   * Reads a trajectory file; its tensors stay views of the mapped file.
   *
   * @throws org.hspace.HspaceException when it is not one, or was made with another model or noise
   *     schedule
   */
  public static Trajectory open(Path file, Model model) {
    return model.use(
        () ->
            new Trajectory(
                () -> HspaceNative.Trajectory.open(Utf8.bytes(file.toString()), model.handle())));
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
    return use(() -> Math.toIntExact(handle.rows()));
  }

  /** Number of steps T. */
  public int steps() {
    return lattice.steps();
  }

  /** The start x_T (N, C, H, W). */
  public Tensor xT() {
    return use(handle::xT);
  }

  /** The noise added on the way, z (N, T, C, H, W); null where every η is 0. */
  public Tensor z() {
    return orNull(use(handle::z));
  }

  /**
   * The bottleneck activations h_t before any injection (N, T, c, h, w); null when not recorded.
   */
  public Tensor h() {
    return orNull(use(handle::h));
  }

  /**
   * The images (or latents) at the end, x_0 (N, C, H, W).
   *
   * @throws IllegalStateException of a trajectory that was only drawn, not computed
   */
  public Tensor x0() {
    Tensor x0 = orNull(use(handle::x0));
    if (x0 == null) throw new IllegalStateException("x_0: of a trajectory that was only drawn");
    return x0;
  }

  private static Tensor orNull(Tensor t) {
    if (t.defined()) return t;
    t.close();
    return null;
  }

  /** The timesteps visited. */
  public Lattice lattice() {
    return lattice;
  }

  /** Model, schedule, η, and the seeds or images of the rows. */
  public Provenance provenance() {
    return provenance;
  }

  /** The C++ object, for a {@linkplain #use use} of this. */
  public HspaceNative.Trajectory handle() {
    return handle;
  }
}
