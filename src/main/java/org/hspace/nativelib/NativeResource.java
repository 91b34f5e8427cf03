package org.hspace.nativelib;

import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.javacpp.Pointer;

/**
 * The one owner of some native memory. {@link #close()} frees it, once, in the reverse of the order
 * in which it was {@linkplain #own owned}; a use after that is an {@link IllegalStateException}. An
 * owner that is never closed is freed when it is garbage collected, at some time.
 */
public abstract class NativeResource implements AutoCloseable {
  private final Deque<Runnable> owned = new ArrayDeque<>();
  private boolean closed;

  /**
   * Takes over a pointer: it outlives the {@link org.bytedeco.javacpp.PointerScope} that it was
   * made in, and is freed by {@link #close()}.
   *
   * @return the same pointer; null stays null
   */
  protected final synchronized <P extends Pointer> P own(P pointer) {
    if (pointer != null) {
      checkOpen();
      pointer.retainReference();
      owned.push(pointer::releaseReference);
    }
    return pointer;
  }

  /** Takes over another owner, which is then closed with this one. */
  protected final synchronized <R extends NativeResource> R own(R resource) {
    if (resource != null) {
      checkOpen();
      owned.push(resource::close);
    }
    return resource;
  }

  /**
   * Guards a use.
   *
   * @throws IllegalStateException after {@link #close()}
   */
  protected final synchronized void checkOpen() {
    if (closed) {
      throw new IllegalStateException(describe() + " used after close()");
    }
  }

  /** Whether {@link #close()} was called. */
  public final synchronized boolean isClosed() {
    return closed;
  }

  /** What messages call this object; the class name unless overridden. */
  protected String describe() {
    return getClass().getSimpleName();
  }

  /** Frees the native memory. Closing again does nothing. */
  @Override
  public final synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    while (!owned.isEmpty()) {
      owned.pop().run();
    }
  }
}
