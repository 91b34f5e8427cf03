package org.hspace.nativelib;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.StringVector;

/**
 * Strings across the border. JavaCPP's own conversion uses the platform's default charset, which
 * loses all but ASCII under the POSIX locale.
 */
public final class Utf8 {
  private Utf8() {}

  /** The string's UTF-8 bytes, for a parameter {@code const std::string&}. */
  public static BytePointer bytes(String text) {
    return new BytePointer(text, StandardCharsets.UTF_8);
  }

  /** The string of a returned {@code std::string}. */
  public static String string(BytePointer bytes) {
    return bytes == null ? "" : bytes.getString(StandardCharsets.UTF_8);
  }

  /** The strings as a {@code std::vector<std::string>}, of the enclosing scope. */
  public static StringVector vector(List<String> strings) {
    StringVector vector = new StringVector();
    for (String string : strings) vector.push_back(bytes(string));
    return vector;
  }

  /** The strings of a returned {@code std::vector<std::string>}. */
  public static List<String> strings(StringVector vector) {
    List<String> strings = new ArrayList<>();
    for (long i = 0; i < vector.size(); i++) strings.add(string(vector.get(i)));
    return strings;
  }
}
