package org.hspace.nativelib;

import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;

/**
 * Strings across the border. JavaCPP's own conversion uses the platform's default charset, which
 * loses all but ASCII under the POSIX locale.
 */
final class Utf8 {
  private Utf8() {}

  /** The string's UTF-8 bytes, for a parameter {@code const std::string&}. */
  static BytePointer bytes(String text) {
    return new BytePointer(text, StandardCharsets.UTF_8);
  }

  /** The string of a returned {@code std::string}. */
  static String string(BytePointer bytes) {
    return bytes == null ? "" : bytes.getString(StandardCharsets.UTF_8);
  }
}
