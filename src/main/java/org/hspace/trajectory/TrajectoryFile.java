package org.hspace.trajectory;

import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.TensorFile;
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
    try (TensorFile file = TensorFile.open(path);
        PointerScope scope = new PointerScope()) {
      String where = path.toString();
      String format = file.metadata().get("format");
      if (!FORMAT.equals(format)) {
        throw new HspaceException(
            where
                + ": expected a trajectory file (metadata format = "
                + FORMAT
                + "), found format = "
                + format);
      }
      Provenance provenance = Provenance.parse(file.metadata().get("provenance"), where);
      provenance.checkModel(model, where);
      provenance.checkScheduler(model, where);
      int[] timesteps =
          Arrays.stream(Tensors.longs(file.tensor("timesteps")))
              .mapToInt(Math::toIntExact)
              .toArray();
      Lattice lattice = NoiseSchedule.of(model.schedulerConfig()).lattice(timesteps);
      if (provenance.eta().size() != lattice.steps()) {
        throw new HspaceException(
            where
                + ": "
                + lattice.steps()
                + " timesteps, but "
                + provenance.eta().size()
                + " values of eta in its provenance");
      }
      int[] image = model.sampleShape();
      int[] activation = model.bottleneckShape(provenance.hSpace());
      long rows = file.tensor("x_T").size(0);
      int steps = lattice.steps();
      if (lattice.addsNoise(provenance.etaValues()) && !file.contains("z")) {
        throw new HspaceException(
            where + ": expected a tensor z, because eta is above 0, found none");
      }
      return new Trajectory(
          shaped(file, "x_T", rows, image[0], image[1], image[2]),
          shaped(file, "z", rows, steps, image[0], image[1], image[2]),
          shaped(file, "h", rows, steps, activation[0], activation[1], activation[2]),
          shaped(file, "x_0", rows, image[0], image[1], image[2]),
          lattice,
          provenance);
    }
  }

  /** A tensor of the file, or null for a z or h that it does not hold. */
  private static Tensor shaped(TensorFile file, String name, long... expected) {
    if (!name.startsWith("x") && !file.contains(name)) return null;
    Tensor t = file.tensor(name);
    if (!Arrays.equals(Tensors.shape(t), expected)) {
      throw new HspaceException(
          file.path()
              + ": "
              + name
              + ": expected shape "
              + Arrays.toString(expected)
              + ", found "
              + Arrays.toString(Tensors.shape(t)));
    }
    return t;
  }
}
