package org.hspace.nativelib;

import java.nio.file.Path;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;

/**
 * Writes a safetensors file whose tensors may be larger than memory: shapes and metadata are
 * declared first, rows follow in any order. The data goes to a temporary file beside the
 * destination; {@link #finish()} makes it durable and renames it, {@link #close()} before that
 * removes it, and so does the end of the process. A symbolic link is followed; what is there and no
 * regular file is refused.
 */
public final class TensorFileWriter extends NativeResource {
  private final Path path;
  private final HspaceNative.SafetensorsWriter writer;

  /**
   * Begins a file.
   *
   * @throws HspaceException when it cannot be written there
   */
  public TensorFileWriter(Path path) {
    NativeLibrary.load();
    this.path = path;
    this.writer = NativeCall.scoped(() -> own(new HspaceNative.SafetensorsWriter(path.toString())));
  }

  /**
   * Declares a tensor; before the first {@link #write}.
   *
   * @param shape its sizes; none for a scalar
   */
  public void declare(String name, ScalarType dtype, long... shape) {
    call(
        () -> {
          LongVector sizes = new LongVector(shape.length);
          for (int i = 0; i < shape.length; i++) {
            sizes.put(i, shape[i]);
          }
          writer.declare(Utf8.bytes(name), dtype, sizes);
        });
  }

  /** Adds a string to the metadata; before the first {@link #write}. */
  public void metadata(String key, String value) {
    call(() -> writer.metadata(Utf8.bytes(key), Utf8.bytes(value)));
  }

  /**
   * Writes a whole tensor.
   *
   * @param tensor of the declared shape and element type, on any device, with any strides
   */
  public void write(String name, Tensor tensor) {
    write(name, tensor, 0);
  }

  /**
   * Writes rows of dimension 0 of a declared tensor.
   *
   * @param rows (n, d_1, …) for a tensor (N, d_1, …), of the declared element type
   * @param firstRow where they begin
   */
  public void write(String name, Tensor rows, long firstRow) {
    call(() -> writer.write(Utf8.bytes(name), rows, firstRow));
  }

  /**
   * Completes the file.
   *
   * @throws HspaceException when a row was not written, or the disk is full
   */
  public void finish() {
    call(writer::finish);
  }

  /** One call at a time: the native writer is of one thread. */
  private synchronized void call(Runnable call) {
    use(() -> NativeCall.scoped(call));
  }

  @Override
  protected String describe() {
    return "tensor file writer of " + path;
  }
}
