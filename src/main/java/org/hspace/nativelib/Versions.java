package org.hspace.nativelib;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * What this was built from and against.
 *
 * @param hspace version of this library, as provenance records it
 * @param libtorch version of LibTorch
 * @param javacpp version of JavaCPP and its presets
 */
public record Versions(String hspace, String libtorch, String javacpp) {
  /** The versions of this build. */
  public static Versions current() {
    Properties properties = new Properties();
    try (InputStream stream = Versions.class.getResourceAsStream("version.properties")) {
      properties.load(stream);
    } catch (IOException error) {
      throw new UncheckedIOException("version.properties", error);
    }
    return new Versions(
        properties.getProperty("hspace"),
        properties.getProperty("libtorch"),
        properties.getProperty("javacpp"));
  }
}
