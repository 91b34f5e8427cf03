package org.hspace.pipeline;

import java.util.Locale;
import org.hspace.HspaceException;

/** Where the bottleneck activation h is read and where Δh is added. */
public enum HSpace {
  /** After the mid block: the paper's choice and the default. */
  AFTER,
  /** Before the mid block. */
  BEFORE,
  /** After norm2, before the non-linearity, of the mid block's second residual block. */
  MIDDLE;

  /** The name in options and files: {@code after}, {@code before} or {@code middle}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The point with the given {@link #id}.
   *
   * @throws HspaceException naming the allowed values
   */
  public static HSpace parse(String id) {
    for (HSpace point : values()) {
      if (point.id().equals(id)) return point;
    }
    throw new HspaceException("h-space: expected after, before or middle, found '" + id + "'");
  }
}
