package org.hspace.io;

/** Words of command lines that are shown. */
public final class Shell {
  private Shell() {}

  /** As a shell takes it for one word. */
  public static String quoted(String text) {
    return text.matches("[\\w@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
