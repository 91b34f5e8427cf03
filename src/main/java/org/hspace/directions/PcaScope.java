package org.hspace.directions;

import java.util.Locale;
import org.hspace.HspaceException;

/** Over what a principal component extends. */
public enum PcaScope {
  /** One PCA of h_t for each timestep: the paper's choice. */
  TIMESTEP,
  /** One PCA of the whole h_{T:1}. */
  TRAJECTORY;

  /** The name in options and files. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The scope with the given {@link #id}.
   *
   * @throws HspaceException naming the allowed values
   */
  public static PcaScope parse(String id) {
    for (PcaScope scope : values()) if (scope.id().equals(id)) return scope;
    throw new HspaceException("scope: expected timestep or trajectory, found '" + id + "'");
  }
}
