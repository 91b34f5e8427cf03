package org.hspace.trajectory;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.io.FormatFile;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.Lattice;
import org.hspace.schedule.NoiseSchedule;

/**
 * Trajectories as safetensors: {@code x_T (N,C,H,W)}, {@code x_0 (N,C,H,W)}, {@code timesteps (T)}
 * and, where present, {@code z (N,T,C,H,W)} and {@code h (N,T,c,h,w)}; metadata {@code format},
 * {@code version} and {@code provenance} (JSON).
 */
public final class TrajectoryFile {
  /** Value of the metadata key {@code format}. */
  public static final String FORMAT = "hspace-trajectory";

  private TrajectoryFile() {}

  /** Writes N trajectories batch by batch, so that they need not fit in memory. */
  public static final class Writer implements AutoCloseable {
    private final TensorFileWriter writer;
    private final int rows;
    private final Provenance provenance;
    private int written;

    /**
     * Begins a file of N rows.
     *
     * @param provenance of all rows together
     */
    public Writer(Path file, int rows, Provenance provenance) {
      this.writer = new TensorFileWriter(file);
      this.rows = rows;
      this.provenance = provenance;
    }

    /**
     * Appends the rows of a trajectory; the first one decides shapes, types and whether z and h are
     * there.
     */
    public void append(Trajectory part) {
      try (PointerScope scope = new PointerScope()) {
        if (written == 0) declare(part);
        write("x_T", part.xT());
        write("x_0", part.x0());
        write("z", part.z());
        write("h", part.h());
        written += part.rows();
      }
    }

    private void declare(Trajectory part) {
      writer.metadata("format", FORMAT);
      writer.metadata("version", "1");
      writer.metadata("provenance", provenance.toJson());
      declare("x_T", part.xT());
      declare("x_0", part.x0());
      declare("z", part.z());
      declare("h", part.h());
      int[] timesteps = part.lattice().timesteps();
      writer.declare("timesteps", ScalarType.Long, timesteps.length);
      writer.write("timesteps", Tensors.of(Arrays.stream(timesteps).asLongStream().toArray()));
    }

    private void declare(String name, Tensor like) {
      if (like == null) return;
      long[] shape = Tensors.shape(like);
      shape[0] = rows;
      writer.declare(name, like.scalar_type(), shape);
    }

    private void write(String name, Tensor part) {
      if (part != null) writer.write(name, part, written);
    }

    /**
     * Completes the file and gives it its name.
     *
     * @throws HspaceException when rows are missing or the disk is full
     */
    public void finish() {
      writer.finish();
    }

    /** Removes the temporary file unless {@link #finish} was reached. */
    @Override
    public void close() {
      writer.close();
    }
  }

  static Trajectory read(Path path, Model model) {
    try (FormatFile file = FormatFile.open(path, "a trajectory file", FORMAT);
        PointerScope scope = new PointerScope()) {
      Provenance provenance = Provenance.parse(file.metadata("provenance"), file.place());
      provenance.checkModel(model, file.place());
      provenance.checkScheduler(model, file.place());
      Lattice lattice = lattice(file, model, provenance);
      int[] image = model.sampleShape();
      int[] activation = model.bottleneckShape(provenance.hSpace());
      int steps = lattice.steps();
      Tensor xT = file.finite("x_T", -1, image[0], image[1], image[2]);
      long rows = xT.size(0);
      checkRows(file, provenance, rows);
      boolean noisy = lattice.addsNoise(provenance.etaValues());
      if (noisy && !file.contains("z")) {
        throw file.error("z", "a tensor z, because eta is above 0", "none");
      }
      return new Trajectory(
          xT,
          file.contains("z") ? file.finite("z", rows, steps, image[0], image[1], image[2]) : null,
          file.contains("h") // as large as all else together, and seldom read: not looked through
              ? file.floats("h", rows, steps, activation[0], activation[1], activation[2])
              : null,
          file.finite("x_0", rows, image[0], image[1], image[2]),
          lattice,
          provenance);
    }
  }

  private static Lattice lattice(FormatFile file, Model model, Provenance provenance) {
    int[] timesteps = file.timesteps("timesteps");
    NoiseSchedule schedule = NoiseSchedule.of(model.schedulerConfig());
    if (timesteps[0] >= schedule.trainTimesteps()) {
      throw file.error("timesteps", "numbers below " + schedule.trainTimesteps(), timesteps[0]);
    }
    if (provenance.eta().size() != timesteps.length) {
      throw file.error(
          "timesteps",
          provenance.eta().size() + " of them, as many as values of eta in its provenance",
          timesteps.length);
    }
    return schedule.lattice(timesteps);
  }

  private static void checkRows(FormatFile file, Provenance provenance, long rows) {
    List<?> sources = provenance.images() != null ? provenance.images() : provenance.seeds();
    if (sources == null || sources.size() != rows) {
      throw file.error(
          "metadata 'provenance'",
          "seeds or images of " + rows + " rows",
          sources == null ? "none" : "those of " + sources.size());
    }
  }
}
