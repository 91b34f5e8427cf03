package org.hspace.directions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.hspace.model.HSpace;
import org.hspace.model.Hashes;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;

/**
 * One direction of h-space: Δh at a set of timesteps. An edit of strength γ adds γ Δh_t at each
 * step.
 */
public final class Direction extends NativeResource {
  private final String name;
  private final Tensor delta; // (T, c, h, w)
  private final int[] timesteps; // (T), descending
  private final HSpace hSpace;

  /**
   * Takes over the tensor.
   *
   * @param delta Δh (T, c, h, w), CPU, float32 or float64
   * @param timesteps T training timesteps, descending
   * @param hSpace where it was found and is to be added
   * @throws org.hspace.nativelib.HspaceException when a number of it is not finite
   */
  public Direction(String name, Tensor delta, int[] timesteps, HSpace hSpace) {
    if (delta.dim() != 4 || delta.size(0) != timesteps.length || timesteps.length == 0) {
      throw new IllegalArgumentException(
          "delta: expected ("
              + timesteps.length
              + ", c, h, w), found "
              + Arrays.toString(Tensors.shape(delta)));
    }
    for (int i = 1; i < timesteps.length; i++) {
      if (timesteps[i] >= timesteps[i - 1]) {
        throw new IllegalArgumentException(
            "timesteps: expected descending, found " + Arrays.toString(timesteps));
      }
    }
    Finite.require(delta, "direction " + name);
    this.name = name;
    this.delta = own(delta);
    this.timesteps = timesteps.clone();
    this.hSpace = hSpace;
  }

  /** What captions and messages call it. */
  public String name() {
    return name;
  }

  /** Δh (T, c, h, w) at {@link #timesteps}. */
  public Tensor delta() {
    return share(delta);
  }

  /** The timesteps of Δh (T), descending. */
  public int[] timesteps() {
    return timesteps.clone();
  }

  /** Where it was found and is to be added. */
  public HSpace hSpace() {
    return hSpace;
  }

  /** sha256 of the values of Δh, in hexadecimal: the same for the same Δh under any name. */
  public String hash() {
    return use(() -> Hashes.sha256(Tensors.doubles(delta)));
  }

  /**
   * Δh on another lattice: linear in t between this direction's timesteps, constant beyond the
   * first and the last.
   *
   * @param lattice T' training timesteps
   * @return (T', c, h, w); owned by the enclosing scope or the caller
   */
  public Tensor onLattice(int[] lattice) {
    return use(
        () ->
            Tensors.scoped(
                () -> {
                  List<Tensor> rows = new ArrayList<>();
                  for (int t : lattice) rows.add(at(t));
                  return Tensors.stack(rows);
                }));
  }

  private Tensor at(int t) {
    int below = 0; // first index whose timestep is at most t
    while (below < timesteps.length && timesteps[below] > t) below++;
    if (below == 0 || below == timesteps.length) {
      return delta.select(0, Math.min(below, timesteps.length - 1));
    }
    if (timesteps[below] == t) return delta.select(0, below);
    double high = timesteps[below - 1];
    double weight = (t - timesteps[below]) / (high - timesteps[below]);
    return Tensors.plus(
        Tensors.times(delta.select(0, below), 1 - weight), delta.select(0, below - 1), weight);
  }
}
