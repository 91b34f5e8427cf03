package org.hspace.trajectory;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;
import org.hspace.schedule.Lattice;

/** Puts batches of rows together into one trajectory, holding each row once. */
final class TrajectoryCollector extends NativeResource {
  private final int rows;
  private final Provenance provenance;
  private Tensor xT;
  private Tensor z;
  private Tensor h;
  private Tensor x0;
  private Lattice lattice;
  private int filled;

  TrajectoryCollector(int rows, Provenance provenance) {
    this.rows = rows;
    this.provenance = provenance;
  }

  void append(Trajectory part) {
    try (PointerScope scope = new PointerScope()) {
      if (filled == 0) {
        xT = like(part.xT());
        z = like(part.z());
        h = like(part.h());
        x0 = like(part.x0());
        lattice = part.lattice();
      }
      copy(xT, part.xT());
      copy(z, part.z());
      copy(h, part.h());
      copy(x0, part.x0());
      filled += part.rows();
    }
  }

  private Tensor like(Tensor t) {
    if (t == null) return null;
    long[] shape = Tensors.shape(t);
    shape[0] = rows;
    return own(torch.empty(shape, Tensors.options(t.scalar_type()), null));
  }

  private void copy(Tensor all, Tensor part) {
    if (all != null) all.narrow(0, filled, part.size(0)).copy_(part);
  }

  /** The whole; to be closed by the caller. */
  Trajectory trajectory() {
    return new Trajectory(xT, z, h, x0, lattice, provenance);
  }
}
