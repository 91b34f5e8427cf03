package org.hspace.directions;

import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Injection;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.Trajectory;

/**
 * What injections do to one image inside a mask and outside, by decoding its trajectory again with
 * its own noise.
 */
public final class MaskedChanges {
  private final Model model;
  private final Trajectory trajectory;
  private final int row;
  private final Tensor inside; // (1, C, H, W), of zeros and ones, float64
  private final double pixels;
  private final int batch;

  /**
   * For one row of a trajectory.
   *
   * @param mask M (1, 1, H, W) of zeros and ones in a sample's size
   * @param batch rows of one network pass
   */
  public MaskedChanges(Model model, Trajectory trajectory, int row, Tensor mask, int batch) {
    this.model = model;
    this.trajectory = trajectory;
    this.row = row;
    this.batch = batch;
    long channels = trajectory.xT().size(1);
    this.inside = mask.to(ScalarType.Double).repeat(1, channels, 1, 1);
    this.pixels = Tensors.doubles(inside.sum())[0];
  }

  /** What is added to one of several edited copies of the image at one step. */
  public interface Delta {
    /** Δh (c, h, w), or null for none. */
    Tensor at(int copy, int step);
  }

  /**
   * The images' changes, x_0 edited less x_0 as it was.
   *
   * @param copies how many edits
   * @return (copies, C, H, W), float64; owned by the enclosing scope or the caller
   */
  public Tensor decode(int copies, Delta delta, Progress progress) {
    int[] rows = new int[copies + 1]; // the last one is left as it is
    Arrays.fill(rows, row);
    Injection injection =
        (step, first, h) -> {
          Tensor all = Tensors.times(h, 0); // (B, c, h, w)
          boolean any = false;
          for (int i = 0; i < h.size(0) && first + i < copies; i++) {
            Tensor one = delta.at(first + i, step);
            if (one == null) continue;
            all.select(0, i).copy_(one);
            any = true;
          }
          return any ? all : null;
        };
    return Tensors.scoped(
        () -> {
          Tensor images =
              new Sampler(model)
                  .decode(
                      trajectory,
                      rows,
                      injection,
                      trajectory.provenance().hSpace(),
                      batch,
                      progress)
                  .to(ScalarType.Double);
          return images.narrow(0, 0, copies).sub(images.narrow(0, copies, 1));
        });
  }

  /** Ones inside the mask, of every channel (1, C, H, W), float64. */
  Tensor inside() {
    return inside;
  }

  /** Root mean square of changes (n, C, H, W) inside the mask (n). */
  double[] amounts(Tensor changes) {
    double[] squares = squares(changes.mul(inside));
    for (int i = 0; i < squares.length; i++) squares[i] = Math.sqrt(squares[i] / pixels);
    return squares;
  }

  /** Share of the squared changes (n, C, H, W) that is inside the mask (n). */
  double[] shares(Tensor changes) {
    double[] part = squares(changes.mul(inside));
    double[] all = squares(changes);
    for (int i = 0; i < part.length; i++) part[i] = all[i] == 0 ? 0 : part[i] / all[i];
    return part;
  }

  private static double[] squares(Tensor changes) {
    try (PointerScope scope = new PointerScope()) {
      return Tensors.doubles(changes.square().flatten(1, -1).sum(1));
    }
  }
}
