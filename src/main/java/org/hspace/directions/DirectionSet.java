package org.hspace.directions;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.model.Model;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;
import org.hspace.trajectory.Provenance;

/**
 * K named directions on one lattice, with the figures of the method that found them: what a
 * direction file holds.
 */
public final class DirectionSet extends NativeResource {
  private final List<String> names;
  private final Tensor directions; // (K, T, c, h, w)
  private final int[] timesteps; // (T)
  private final Provenance provenance;
  private final Map<String, Tensor> figures;

  /**
   * Takes over the tensors.
   *
   * @param names K different names
   * @param directions Δh (K, T, c, h, w), CPU
   * @param timesteps T training timesteps, descending
   * @param figures further tensors of the method by name, for instance {@code explained_variance}
   * @throws HspaceException when a number of a direction is not finite
   */
  public DirectionSet(
      List<String> names,
      Tensor directions,
      int[] timesteps,
      Provenance provenance,
      Map<String, Tensor> figures) {
    if (directions.dim() != 5
        || directions.size(0) != names.size()
        || directions.size(1) != timesteps.length) {
      throw new IllegalArgumentException(
          "directions: expected ("
              + names.size()
              + ", "
              + timesteps.length
              + ", c, h, w), found "
              + Arrays.toString(Tensors.shape(directions)));
    }
    if (new HashSet<>(names).size() != names.size()) {
      throw new IllegalArgumentException("names: expected all different, found " + names);
    }
    if (!Finite.all(directions)) {
      for (int k = 0; k < names.size(); k++)
        Finite.require(directions.select(0, k), "direction " + names.get(k));
    }
    this.names = List.copyOf(names);
    this.directions = own(directions);
    this.timesteps = timesteps.clone();
    this.provenance = provenance;
    this.figures = new TreeMap<>(figures);
    this.figures.values().forEach(this::own);
  }

  /**
   * Reads a direction file.
   *
   * @throws HspaceException when it is not one, or was made with another model
   */
  public static DirectionSet open(Path file, Model model) {
    return DirectionFile.read(file, model);
  }

  /** A set of one direction, which is copied. */
  public static DirectionSet of(Direction direction, Provenance provenance) {
    try (PointerScope scope = new PointerScope()) {
      return new DirectionSet(
          List.of(direction.name()),
          direction.delta().clone().unsqueeze(0),
          direction.timesteps(),
          provenance,
          Map.of());
    }
  }

  /**
   * The directions of several sets in one, on the timesteps of the first.
   *
   * @param rename of each name
   * @throws HspaceException when two names are equal, or the sets are of different points of
   *     h-space
   */
  public static DirectionSet merge(List<DirectionSet> sets, UnaryOperator<String> rename) {
    DirectionSet first = sets.get(0);
    List<String> names = new ArrayList<>();
    List<Tensor> deltas = new ArrayList<>();
    List<Object> parts = new ArrayList<>();
    try (PointerScope scope = new PointerScope()) {
      for (DirectionSet set : sets) {
        if (set.provenance.hSpace() != first.provenance.hSpace()) {
          throw new HspaceException(
              "directions: expected all of h-space "
                  + first.provenance.hSpace().id()
                  + ", found "
                  + set.provenance.hSpace().id());
        }
        parts.add(set.provenance.details());
        for (int k = 0; k < set.size(); k++) {
          try (Direction direction = set.get(k)) {
            String name = rename.apply(direction.name());
            if (names.contains(name))
              throw new HspaceException("directions: two are called " + name);
            names.add(name);
            deltas.add(direction.onLattice(first.timesteps));
          }
        }
      }
      Provenance provenance =
          sets.size() == 1
              ? first.provenance
              : first.provenance.ofDirections("combined", Map.of("parts", parts));
      return new DirectionSet(names, Tensors.stack(deltas), first.timesteps, provenance, Map.of());
    }
  }

  /** Writes a direction file in the directions' own type. */
  public void save(Path file) {
    DirectionFile.write(file, this, directions.scalar_type());
  }

  /**
   * Writes a direction file.
   *
   * @param type of the directions in the file: Half, Float or Double
   */
  public void save(Path file, ScalarType type) {
    DirectionFile.write(file, this, type);
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
    return share(directions);
  }

  /** The timesteps (T), descending. */
  public int[] timesteps() {
    return timesteps.clone();
  }

  /** Model, schedule, h-space and the method with its options. */
  public Provenance provenance() {
    return provenance;
  }

  /** Figures of the method by name; handles of the enclosing scope or the caller. */
  public Map<String, Tensor> figures() {
    Map<String, Tensor> handles = new TreeMap<>(figures);
    handles.replaceAll((name, figure) -> share(figure));
    return handles;
  }

  /**
   * The first {@code count} directions with the same provenance, without the method's figures; to
   * be closed by the caller.
   */
  public DirectionSet first(int count) {
    try (PointerScope scope = new PointerScope()) {
      Tensor some = directions().narrow(0, 0, count).clone();
      return new DirectionSet(names.subList(0, count), some, timesteps, provenance, Map.of());
    }
  }

  /**
   * Direction number k, to be closed by the caller.
   *
   * @throws HspaceException when there are not as many
   */
  public Direction get(int k) {
    if (k < 0 || k >= size()) {
      throw new HspaceException(
          "direction: expected a number from 0 to " + (size() - 1) + ", found " + k);
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor delta = directions().select(0, k);
      ScalarType type =
          delta.scalar_type().intern() == ScalarType.Double ? ScalarType.Double : ScalarType.Float;
      return new Direction(names.get(k), delta.to(type), timesteps, provenance.hSpace());
    }
  }

  /**
   * The direction of that name, to be closed by the caller.
   *
   * @throws HspaceException naming those that there are
   */
  public Direction get(String name) {
    int k = names.indexOf(name);
    if (k < 0) {
      throw new HspaceException(
          "direction: expected one of " + String.join(", ", names) + ", found '" + name + "'");
    }
    return get(k);
  }
}
