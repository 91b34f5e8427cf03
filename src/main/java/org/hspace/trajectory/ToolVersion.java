package org.hspace.trajectory;

/** The version that files say they were made with; a test keeps it equal to the Maven version. */
public final class ToolVersion {
  /** {@code major.minor.patch}. */
  public static final String VALUE = "0.1.0";

  private ToolVersion() {}
}
