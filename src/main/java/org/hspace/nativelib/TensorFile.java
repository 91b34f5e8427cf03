package org.hspace.nativelib;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.Tensor;

/**
 * A safetensors file, memory-mapped and read-only: named tensors, and strings as metadata. The
 * whole header is validated on opening.
 */
public final class TensorFile extends NativeResource {
  private final Path path;
  private final HspaceNative.SafetensorsFile file;

  private TensorFile(Path path) {
    this.path = path;
    this.file = NativeCall.scoped(() -> own(new HspaceNative.SafetensorsFile(path.toString())));
  }

  /**
   * Opens a file.
   *
   * @throws HspaceException when it cannot be read or is not a valid safetensors file
   */
  public static TensorFile open(Path path) {
    NativeLibrary.load();
    return new TensorFile(path);
  }

  /** Where the file lies. */
  public Path path() {
    return path;
  }

  /** The tensors' names, sorted. */
  public Set<String> names() {
    checkOpen();
    return NativeCall.scoped(() -> new LinkedHashSet<>(strings(file.names())));
  }

  /** Whether the file holds a tensor of this name. */
  public boolean contains(String name) {
    checkOpen();
    return NativeCall.scoped(() -> file.contains(Utf8.bytes(name)));
  }

  /**
   * A tensor, on the CPU, contiguous, with the shape and element type of the file. It is a view of
   * the mapped file that stays valid after {@link #close()}; it belongs to the caller, and to the
   * caller's {@link org.bytedeco.javacpp.PointerScope} if there is one.
   *
   * @throws HspaceException when the file has no tensor of this name
   */
  public Tensor tensor(String name) {
    checkOpen();
    BytePointer key = Utf8.bytes(name);
    try {
      return NativeCall.translating(() -> file.tensor(key));
    } finally {
      key.close();
    }
  }

  /** The metadata, sorted by key; empty when the file has none. */
  public Map<String, String> metadata() {
    checkOpen();
    return NativeCall.scoped(
        () -> {
          Map<String, String> metadata = new LinkedHashMap<>();
          for (String key : strings(file.metadataKeys())) {
            metadata.put(key, Utf8.string(file.metadata(Utf8.bytes(key))));
          }
          return metadata;
        });
  }

  private static List<String> strings(StringVector vector) {
    List<String> strings = new ArrayList<>();
    for (long i = 0; i < vector.size(); i++) {
      strings.add(Utf8.string(vector.get(i)));
    }
    return strings;
  }

  @Override
  protected String describe() {
    return "tensor file " + path;
  }
}
