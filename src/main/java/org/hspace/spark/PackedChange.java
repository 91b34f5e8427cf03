package org.hspace.spark;

import java.io.Serializable;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.evaluate.Change;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.Prompt;

/**
 * A change of samples as plain values, to travel.
 *
 * @param name of the direction, or the prompt's text
 * @param delta Δh, row-major; null of a prompt
 * @param shape (T, c, h, w)
 * @param doubles whether Δh is of double precision
 * @param timesteps of Δh (T)
 * @param hSpace where Δh is added
 * @param tokens of the prompt
 */
record PackedChange(
    String name,
    double[] delta,
    long[] shape,
    boolean doubles,
    int[] timesteps,
    HSpace hSpace,
    List<List<Long>> tokens)
    implements Serializable {
  static PackedChange of(Change change) {
    if (change instanceof Change.ByPrompt by) {
      return new PackedChange(
          by.prompt().text(), null, null, false, null, null, by.prompt().tokens());
    }
    Direction direction = ((Change.ByDirection) change).direction();
    try (PointerScope scope = new PointerScope()) {
      Tensor delta = direction.delta();
      return new PackedChange(
          direction.name(),
          Tensors.doubles(delta),
          Tensors.shape(delta),
          delta.scalar_type().intern() == ScalarType.Double,
          direction.timesteps(),
          direction.hSpace(),
          null);
    }
  }

  /** The change; its direction is the caller's to close. */
  Change unpack() {
    if (delta == null) return new Change.ByPrompt(new Prompt(name, tokens));
    try (PointerScope scope = new PointerScope()) {
      Tensor values = Tensors.of(delta, shape).to(doubles ? ScalarType.Double : ScalarType.Float);
      return new Change.ByDirection(new Direction(name, values, timesteps, hSpace));
    }
  }
}
