package org.hspace.app;

import java.nio.file.Path;

/**
 * Where a run that takes long keeps its progress, so that the same run again goes on from there.
 */
public final class Checkpoint {
  /** Behind the output's name in the checkpoint's. */
  public static final String SUFFIX = ".checkpoint";

  private Checkpoint() {}

  /** The file in which a run that writes {@code out} saves its progress. */
  public static Path beside(Path out) {
    return out.resolveSibling(out.getFileName() + SUFFIX);
  }
}
