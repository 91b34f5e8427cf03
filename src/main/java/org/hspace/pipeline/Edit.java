package org.hspace.pipeline;

import java.util.ArrayList;
import java.util.List;
import org.hspace.nativelib.HspaceNative;

/**
 * What is done to one image: {@code Σ γ_k Δh_k} is added to the bottleneck at each step.
 *
 * @param directions any number; none leaves the image as it is
 */
public record Edit(List<WeightedDirection> directions) {
  /** No change. */
  public static final Edit NONE = new Edit(List.of());

  public Edit {
    directions = List.copyOf(directions);
  }

  /** An edit along one direction. */
  public static Edit of(WeightedDirection direction) {
    return new Edit(List.of(direction));
  }

  /** This edit and one direction more. */
  public Edit and(WeightedDirection direction) {
    List<WeightedDirection> all = new ArrayList<>(directions);
    all.add(direction);
    return new Edit(all);
  }

  /** The C++ values; of the enclosing scope. They share the directions. */
  static HspaceNative.EditVector toNative(List<Edit> edits) {
    HspaceNative.EditVector all = new HspaceNative.EditVector();
    for (Edit edit : edits) {
      HspaceNative.Edit one = new HspaceNative.Edit();
      for (WeightedDirection part : edit.directions) {
        part.direction()
            .use(
                () ->
                    one.add(part.direction().handle(), part.strength(), part.window().toNative()));
      }
      all.add(one);
    }
    return all;
  }
}
