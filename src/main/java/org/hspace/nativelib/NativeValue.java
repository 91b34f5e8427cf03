package org.hspace.nativelib;

import java.lang.ref.Reference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;

/**
 * A small C++ value that never changes: it needs no close(), and is freed when it is garbage
 * collected. May be read by several threads.
 *
 * @param <P> its class in {@link HspaceNative}
 */
public abstract class NativeValue<P extends Pointer> {
  private final P handle;

  /** Keeps what a call returns, in which C++ exceptions are translated. */
  protected NativeValue(Supplier<P> call) {
    this.handle =
        NativeCall.scoped(
            () -> {
              P value = call.get();
              value.retainReference();
              return value;
            });
  }

  /** Reads something of it, in a scope of its own; C++ exceptions are translated. */
  protected final <T> T read(Function<P, T> reader) {
    try {
      return NativeCall.scoped(() -> reader.apply(handle));
    } finally {
      Reference.reachabilityFence(handle); // a reader may hold references into it
    }
  }

  /** The C++ object, to be passed to a call as it is. */
  public final P handle() {
    return handle;
  }
}
