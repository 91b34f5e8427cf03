package org.hspace.directions;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;
import org.hspace.trajectory.Provenance;

/** K named directions on one lattice, with the figures of the method that found them: what a direction file holds. */
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
          "directions: expected (" + names.size() + ", " + timesteps.length + ", c, h, w), found "
              + Arrays.toString(Tensors.shape(directions)));
    }
    if (new HashSet<>(names).size() != names.size()) {
      throw new IllegalArgumentException("names: expected all different, found " + names);
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
    checkOpen();
    return directions;
  }

  /** The timesteps (T), descending. */
  public int[] timesteps() {
    return timesteps.clone();
  }

  /** Model, schedule, h-space and the method with its options. */
  public Provenance provenance() {
    return provenance;
  }

  /** Figures of the method by name; owned by this set. */
  public Map<String, Tensor> figures() {
    checkOpen();
    return figures;
  }

  /**
   * Direction number k, to be closed by the caller.
   *
   * @throws HspaceException when there are not as many
   */
  public Direction get(int k) {
    checkOpen();
    if (k < 0 || k >= size()) {
      throw new HspaceException(
          "direction: expected a number from 0 to " + (size() - 1) + ", found " + k);
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor delta = directions.select(0, k);
      ScalarType type =
          delta.scalar_type() == ScalarType.Double ? ScalarType.Double : ScalarType.Float;
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
