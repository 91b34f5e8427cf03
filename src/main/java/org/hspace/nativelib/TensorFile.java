package org.hspace.nativelib;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;

/**
 * A safetensors file, read-only: named tensors, and strings as metadata. The whole header is
 * validated on opening. Files above 64 MiB are memory-mapped, and must not be truncated or
 * overwritten in place while they are in use.
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
    return use(() -> NativeCall.scoped(() -> new LinkedHashSet<>(Utf8.strings(file.names()))));
  }

  /** Whether the file holds a tensor of this name. */
  public boolean contains(String name) {
    return use(() -> NativeCall.scoped(() -> file.contains(Utf8.bytes(name))));
  }

  /**
   * A tensor, on the CPU, contiguous, with the shape and element type of the file. It is a view of
   * the file's bytes that stays valid after {@link #close()}; it belongs to the caller, and to the
   * caller's {@link org.bytedeco.javacpp.PointerScope} if there is one.
   *
   * @throws HspaceException when the file has no tensor of this name, one of a type that cannot be
   *     read, or was changed in place
   */
  public Tensor tensor(String name) {
    return use(
        () -> {
          try (BytePointer key = Utf8.bytes(name)) {
            return file.tensor(key);
          }
        });
  }

  /**
   * The element type as the file names it, for instance {@code F32}; not every one can be read.
   *
   * @throws HspaceException when the file has no tensor of this name
   */
  public String dtypeName(String name) {
    return use(() -> NativeCall.scoped(() -> Utf8.string(file.dtypeName(Utf8.bytes(name)))));
  }

  /**
   * The shape, without reading the tensor.
   *
   * @throws HspaceException when the file has no tensor of this name
   */
  public long[] shape(String name) {
    return use(() -> NativeCall.scoped(() -> file.shape(Utf8.bytes(name)).get()));
  }

  /** The metadata, sorted by key; empty when the file has none. */
  public Map<String, String> metadata() {
    return use(() -> NativeCall.scoped(this::readMetadata));
  }

  private Map<String, String> readMetadata() {
    Map<String, String> metadata = new LinkedHashMap<>();
    for (String key : Utf8.strings(file.metadataKeys())) {
      metadata.put(key, Utf8.string(file.metadata(Utf8.bytes(key))));
    }
    return metadata;
  }

  @Override
  protected String describe() {
    return "tensor file " + path;
  }
}
