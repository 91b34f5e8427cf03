package org.hspace.pipeline;

import java.nio.file.Path;
import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Utf8;

/**
 * Trajectories as safetensors: {@code x_T (N,C,H,W)}, {@code x_0 (N,C,H,W)}, {@code timesteps (T)}
 * and, where present, {@code z (N,T,C,H,W)} and {@code h (N,T,c,h,w)}; metadata {@code format},
 * {@code version} and {@code provenance} (JSON). {@link Trajectory#open} reads them.
 */
public final class TrajectoryFile {
  private TrajectoryFile() {}

  /**
   * Writes N trajectories batch by batch, so that they need not fit in memory. Closing it before
   * {@link #finish} removes the temporary file, and so does the end of the process.
   */
  public static final class Writer extends NativeResource {
    private final HspaceNative.TrajectoryWriter handle;

    /**
     * Begins a file of N rows.
     *
     * @param provenance of all rows together
     */
    public Writer(Path file, int rows, Provenance provenance) {
      this.handle =
          NativeCall.scoped(
              () ->
                  own(
                      new HspaceNative.TrajectoryWriter(
                          Utf8.bytes(file.toString()), rows, provenance.toNative())));
    }

    /**
     * Appends the rows of a trajectory; the first one decides shapes, types and whether z and h are
     * there.
     */
    public synchronized void append(Trajectory part) {
      use(() -> part.use(() -> handle.append(part.handle())));
    }

    /**
     * Completes the file and gives it its name.
     *
     * @throws HspaceException when rows are missing or the disk is full
     */
    public synchronized void finish() {
      use(handle::finish);
    }

    @Override
    protected String describe() {
      return "trajectory file writer";
    }
  }
}
