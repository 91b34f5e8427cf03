package org.hspace.pipeline;

import java.util.Arrays;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;
import org.hspace.nativelib.Utf8;

/**
 * One direction of h-space: Δh at a set of timesteps. An edit of strength γ adds γ Δh_t at each
 * step.
 */
public final class Direction extends NativeResource {
  private final HspaceNative.Direction handle;
  private final String name;
  private final int[] timesteps; // (T), descending
  private final HSpace hSpace;

  /**
   * A direction of these values, which are shared and must not change.
   *
   * @param delta Δh (T, c, h, w), CPU, float32 or float64
   * @param timesteps T training timesteps, descending
   * @param hSpace where it was found and is to be added
   * @throws org.hspace.HspaceException when they do not fit one another, or a number is not finite
   */
  public Direction(String name, Tensor delta, int[] timesteps, HSpace hSpace) {
    this(
        () ->
            new HspaceNative.Direction(
                name, delta, Tensors.longVector(timesteps), hSpace.ordinal()));
  }

  /** What a C++ call returns. */
  public Direction(Supplier<HspaceNative.Direction> call) {
    this.handle = NativeCall.scoped(() -> own(call.get()));
    this.name = NativeCall.scoped(() -> Utf8.string(handle.name()));
    this.timesteps =
        NativeCall.scoped(
            () -> Arrays.stream(handle.timesteps().get()).mapToInt(Math::toIntExact).toArray());
    this.hSpace = HSpace.values()[handle.hSpace()];
  }

  /** What captions and messages call it. */
  public String name() {
    return name;
  }

  /** Δh (T, c, h, w) at {@link #timesteps}. */
  public Tensor delta() {
    return use(handle::delta);
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
    return use(() -> NativeCall.scoped(() -> Utf8.string(handle.hash())));
  }

  /**
   * Δh on another lattice: linear in t between this direction's timesteps, constant beyond the
   * first and the last.
   *
   * @param lattice T' training timesteps
   * @return (T', c, h, w); owned by the enclosing scope or the caller
   */
  public Tensor onLattice(int[] lattice) {
    return use(() -> Tensors.scoped(() -> handle.onLattice(Tensors.longVector(lattice))));
  }

  /** The C++ object, for a {@linkplain #use use} of this. */
  public HspaceNative.Direction handle() {
    return handle;
  }
}
