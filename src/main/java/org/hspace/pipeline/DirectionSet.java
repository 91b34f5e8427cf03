package org.hspace.pipeline;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;
import org.hspace.nativelib.Utf8;

/**
 * K named directions on one lattice, with the figures of the method that found them: what a
 * direction file holds.
 */
public final class DirectionSet extends NativeResource {
  /**
   * The figure (K) of the strengths at which directions show what they do; not a number where that
   * is unknown.
   */
  public static final String SUGGESTED_STRENGTH = "suggested_strength";

  private final HspaceNative.DirectionSet handle;
  private final List<String> names;
  private final int[] timesteps; // (T)
  private final Provenance provenance;

  /**
   * A set of these tensors, which are shared and must not change.
   *
   * @param names K different names
   * @param directions Δh (K, T, c, h, w), CPU
   * @param timesteps T training timesteps, descending
   * @param figures further tensors of the method by name, for instance {@code explained_variance}
   * @throws org.hspace.HspaceException when they do not fit one another, or a number of a direction
   *     is not finite
   */
  public DirectionSet(
      List<String> names,
      Tensor directions,
      int[] timesteps,
      Provenance provenance,
      Map<String, Tensor> figures) {
    this(
        () -> {
          HspaceNative.TensorMap map = new HspaceNative.TensorMap();
          figures.forEach((name, figure) -> map.put(Utf8.bytes(name), figure));
          return new HspaceNative.DirectionSet(
              Utf8.vector(names),
              directions,
              Tensors.longVector(timesteps),
              provenance.toNative(),
              map);
        });
  }

  private DirectionSet(Supplier<HspaceNative.DirectionSet> call) {
    this.handle = NativeCall.scoped(() -> own(call.get()));
    this.names = NativeCall.scoped(() -> List.copyOf(Utf8.strings(handle.names())));
    this.timesteps =
        NativeCall.scoped(
            () -> Arrays.stream(handle.timesteps().get()).mapToInt(Math::toIntExact).toArray());
    this.provenance = Provenance.of(handle::provenance);
  }

  /**
   * Reads a direction file.
   *
   * @throws org.hspace.HspaceException when it is not one, or was made with another model
   */
  public static DirectionSet open(Path file, Model model) {
    return new DirectionSet(
        () ->
            model.use(
                () -> HspaceNative.DirectionSet.open(Utf8.bytes(file.toString()), model.handle())));
  }

  /** A set of one direction. */
  public static DirectionSet of(Direction direction, Provenance provenance) {
    return new DirectionSet(
        () ->
            direction.use(
                () -> HspaceNative.DirectionSet.of(direction.handle(), provenance.toNative())));
  }

  /**
   * A set of directions of one lattice and shape.
   *
   * @param directions at least one, of different names
   * @param suggested the strength at which each shows what it does
   */
  public static DirectionSet of(
      List<Direction> directions, double[] suggested, Provenance provenance) {
    try (PointerScope scope = new PointerScope()) {
      return new DirectionSet(
          directions.stream().map(Direction::name).toList(),
          Tensors.stack(directions.stream().map(Direction::delta).toList()),
          directions.get(0).timesteps(),
          provenance,
          Map.of(SUGGESTED_STRENGTH, Tensors.of(suggested, suggested.length)));
    }
  }

  /**
   * The directions of several sets in one, on the timesteps of the first.
   *
   * @param rename of each name
   * @throws org.hspace.HspaceException when two names are equal, or the sets are of different
   *     points of h-space
   */
  public static DirectionSet merge(List<DirectionSet> sets, UnaryOperator<String> rename) {
    List<String> names = new ArrayList<>();
    for (DirectionSet set : sets) set.names.stream().map(rename).forEach(names::add);
    return new DirectionSet(
        () -> {
          HspaceNative.DirectionSetVector all = new HspaceNative.DirectionSetVector();
          for (DirectionSet set : sets) set.use(() -> all.add(set.handle));
          return HspaceNative.DirectionSet.merge(all, Utf8.vector(names));
        });
  }

  /** Writes a direction file in the directions' own type. */
  public void save(Path file) {
    save(file, directions().scalar_type());
  }

  /**
   * Writes a direction file.
   *
   * @param type of the directions in the file: Half, Float or Double
   */
  public void save(Path file, ScalarType type) {
    use(
        () ->
            NativeCall.scoped(
                () -> handle.save(Utf8.bytes(file.toString()), new ScalarTypeOptional(type))));
  }

  /** Number of directions K. */
  public int size() {
    return names.size();
  }

  /** The directions' names (K). */
  public List<String> names() {
    return names;
  }

  /** All Δh (K, T, c, h, w). */
  public Tensor directions() {
    return use(handle::directions);
  }

  /** The timesteps (T), descending. */
  public int[] timesteps() {
    return timesteps.clone();
  }

  /** Model, schedule, h-space and the method with its options. */
  public Provenance provenance() {
    return provenance;
  }

  /**
   * The strength at which a direction shows what it does, where the file says one.
   *
   * @param k its number
   * @throws org.hspace.HspaceException when the file's figure does not fit its directions
   */
  public OptionalDouble suggestedStrength(int k) {
    return use(() -> NativeCall.scoped(() -> DirectionSpec.optional(handle.suggestedStrength(k))));
  }

  /** Figures of the method by name; handles of the enclosing scope or the caller. */
  public Map<String, Tensor> figures() {
    return use(
        () -> {
          Map<String, Tensor> figures = new TreeMap<>();
          for (String name : NativeCall.scoped(() -> Utf8.strings(handle.figureNames()))) {
            figures.put(name, handle.figures().at(Utf8.bytes(name)));
          }
          return figures;
        });
  }

  /**
   * The first {@code count} directions with the same provenance and suggested strengths, without
   * the method's other figures; to be closed by the caller.
   */
  public DirectionSet first(int count) {
    return new DirectionSet(() -> use(() -> handle.first(count)));
  }

  /**
   * Direction number k, to be closed by the caller.
   *
   * @throws org.hspace.HspaceException when there are not as many
   */
  public Direction get(int k) {
    return new Direction(() -> use(() -> handle.get(k)));
  }

  /**
   * The direction of that name, to be closed by the caller.
   *
   * @throws org.hspace.HspaceException naming those that there are
   */
  public Direction get(String name) {
    return new Direction(() -> use(() -> handle.get(Utf8.bytes(name))));
  }
}
