package org.hspace.directions;

import java.util.Locale;
import org.hspace.HspaceException;
import org.hspace.linalg.RotatedScores.Contrast;

/** What is done to principal components so that each means one thing. */
public enum PcaRotation {
  /** Nothing: they are in the order of what varies most. */
  NONE(null, "pc"),
  /** Independent components. */
  ICA(Contrast.LOG_COSH, "ic"),
  /** Varimax of the scores. */
  VARIMAX(Contrast.VARIMAX, "vc");

  private final Contrast contrast;
  private final String prefix;

  PcaRotation(Contrast contrast, String prefix) {
    this.contrast = contrast;
    this.prefix = prefix;
  }

  /** The name in options and files. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What a rotation looks for; null for none. */
  Contrast contrast() {
    return contrast;
  }

  /** What the directions' names begin with. */
  String prefix() {
    return prefix;
  }

  /**
   * The rotation with the given {@link #id}.
   *
   * @throws HspaceException naming the allowed values
   */
  public static PcaRotation parse(String id) {
    for (PcaRotation rotation : values()) if (rotation.id().equals(id)) return rotation;
    throw new HspaceException("rotate: expected none, ica or varimax, found '" + id + "'");
  }
}
