package org.hspace.nativelib;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.io.JsonFields;

/**
 * A safetensors file of one of our own formats, read with every field checked: a getter returns
 * what its caller can rely on, or throws an {@link HspaceException} that names file, field,
 * expectation and finding.
 */
public final class FormatFile implements AutoCloseable {
  private static final Set<ScalarType> FLOATS =
      Set.of(ScalarType.Half, ScalarType.BFloat16, ScalarType.Float, ScalarType.Double);
  private static final Set<ScalarType> INTEGERS =
      Set.of(ScalarType.Byte, ScalarType.Short, ScalarType.Int, ScalarType.Long);

  private final TensorFile file;
  private final Map<String, String> metadata;

  private FormatFile(TensorFile file) {
    this.file = file;
    this.metadata = file.metadata();
  }

  /**
   * Opens a file of version 1 of a format.
   *
   * @param kind what messages call it, for instance {@code a direction file}
   * @param format what the metadata {@code format} must be
   */
  public static FormatFile open(Path path, String kind, String format) {
    FormatFile opened = open(path);
    try {
      String found = opened.metadata("format");
      if (!format.equals(found)) {
        throw new HspaceException(
            "%s: expected %s (metadata format = %s), found format = %s"
                .formatted(path, kind, format, found));
      }
      String version = opened.metadata.getOrDefault("version", "1");
      if (!version.equals("1")) {
        throw opened.error("metadata 'version'", "1, all that this release reads", version);
      }
      return opened;
    } catch (HspaceException e) {
      opened.close();
      throw e;
    }
  }

  /** Opens a file that does not say its format. */
  public static FormatFile open(Path path) {
    return new FormatFile(TensorFile.open(path));
  }

  /** The file's name in messages. */
  public String place() {
    return file.path().toString();
  }

  /** The complaint about a field. */
  public HspaceException error(String field, String expected, Object found) {
    return new HspaceException(
        place() + ": " + field + ": expected " + expected + ", found " + found);
  }

  /** A string of the metadata, or null. */
  public String metadata(String key) {
    return metadata.get(key);
  }

  /** A whole number of the metadata. */
  public long integer(String key, long least, long most) {
    String text = metadata(key);
    try {
      long value = text == null ? least - 1 : Long.parseLong(text);
      if (value >= least && value <= most) return value;
    } catch (NumberFormatException e) {
      // said below
    }
    throw error("metadata '" + key + "'", "a whole number from " + least + " to " + most, text);
  }

  /** A JSON object of the metadata. */
  public JsonFields json(String key) {
    return JsonFields.parse(metadata(key), place() + ": metadata '" + key + "'");
  }

  /** A JSON list of the metadata: at least one text, all different. */
  public List<String> names(String key) {
    String where = place() + ": metadata '" + key + "'";
    List<String> names = JsonFields.parseTexts(metadata(key), where);
    if (names.isEmpty() || Set.copyOf(names).size() != names.size()) {
      throw new HspaceException(
          where + ": expected a JSON list of different names, found " + metadata(key));
    }
    return names;
  }

  /** Whether there is a tensor of that name. */
  public boolean contains(String name) {
    return file.contains(name);
  }

  /**
   * A tensor of floating-point numbers, none of them infinite or not a number.
   *
   * @param shape -1 for an extent of at least 1
   * @return belongs to the caller, and to the caller's scope if there is one
   */
  public Tensor finite(String name, long... shape) {
    Tensor t = floats(name, shape);
    if (!Finite.all(t)) throw error(name, "finite numbers", Finite.found(t));
    return t;
  }

  /** The same, without a look at the numbers: for tensors that may be larger than memory. */
  public Tensor floats(String name, long... shape) {
    return checked(name, "floating-point numbers", FLOATS, shape);
  }

  /** Whole numbers, row-major. */
  public long[] integers(String name, long... shape) {
    return Tensors.longs(checked(name, "integers", INTEGERS, shape));
  }

  private Tensor checked(String name, String kind, Set<ScalarType> types, long[] shape) {
    Tensor t = file.tensor(name);
    ScalarType type = t.scalar_type().intern();
    if (!types.contains(type)) throw error(name, kind, type);
    long[] found = Tensors.shape(t);
    boolean fits = found.length == shape.length;
    for (int i = 0; fits && i < shape.length; i++) {
      fits = shape[i] < 0 ? found[i] >= 1 : found[i] == shape[i];
    }
    if (!fits) {
      String expected = Arrays.toString(shape).replace("-1", "at least 1");
      throw error(name, "shape " + expected, Arrays.toString(found));
    }
    return t;
  }

  @Override
  public void close() {
    file.close();
  }
}
