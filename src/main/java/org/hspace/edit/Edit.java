package org.hspace.edit;

import java.util.ArrayList;
import java.util.List;

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
}
