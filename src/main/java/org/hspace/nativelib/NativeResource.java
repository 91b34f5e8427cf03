package org.hspace.nativelib;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;

/**
 * The one owner of some native memory, which only its {@linkplain #use uses} reach. {@link
 * #close()} ends it: a later use is an {@link IllegalStateException}, while uses in flight on other
 * threads keep what they work on, and the last of them frees it; where there is none, close() does.
 * What is owned is freed once, in the reverse of the order in which it was {@linkplain #own owned}.
 * An owner that is never closed is freed when it is garbage collected, at some time.
 */
public abstract class NativeResource implements AutoCloseable {
  private static final int CLOSED = Integer.MIN_VALUE; // the sign: what is below 0 is closed

  private final Deque<Runnable> owned = new ArrayDeque<>();

  /** Number of uses in flight, plus {@link #CLOSED} after {@link #close()}. */
  private final AtomicInteger uses = new AtomicInteger();

  /**
   * Runs something that needs the native memory, which stays until it returns; C++ exceptions are
   * {@linkplain NativeCall#translating translated}. Uses may nest, and run on any number of
   * threads; one that needs several owners nests theirs.
   *
   * @return the result of the call
   * @throws IllegalStateException after {@link #close()}
   */
  public final <T> T use(Supplier<T> call) {
    enter();
    try {
      return NativeCall.translating(call);
    } finally {
      leave();
    }
  }

  /** {@link #use(Supplier)} without a result. */
  public final void use(Runnable call) {
    use(
        () -> {
          call.run();
          return null;
        });
  }

  private void enter() {
    int now;
    do {
      now = uses.get();
      if (now < 0) throw new IllegalStateException(describe() + " used after close()");
    } while (!uses.compareAndSet(now, now + 1));
  }

  private void leave() {
    if (uses.decrementAndGet() == CLOSED) free();
  }

  /**
   * Takes over a pointer: it outlives the {@link org.bytedeco.javacpp.PointerScope} that it was
   * made in, and is freed by {@link #close()}.
   *
   * @return the same pointer; null stays null
   */
  protected final <P extends Pointer> P own(P pointer) {
    if (pointer != null) {
      own(pointer::releaseReference, pointer::retainReference);
    }
    return pointer;
  }

  /** Takes over another owner, which is then closed with this one. */
  protected final <R extends NativeResource> R own(R resource) {
    if (resource != null) {
      own(resource::close, () -> {});
    }
    return resource;
  }

  private void own(Runnable release, Runnable retain) {
    use(
        () -> {
          synchronized (owned) {
            retain.run();
            owned.push(release);
          }
        });
  }

  /**
   * A handle of its own on an owned tensor, to give away: the memory stays while the handle is
   * open, even when this is closed. It belongs to the caller's {@link
   * org.bytedeco.javacpp.PointerScope} when there is one; otherwise the caller closes it.
   *
   * @return null for null
   */
  protected final Tensor share(Tensor tensor) {
    return use(() -> tensor == null ? null : new Tensor(tensor));
  }

  /** Whether {@link #close()} was called. */
  public final boolean isClosed() {
    return uses.get() < 0;
  }

  /** What messages call this object; the class name unless overridden. */
  protected String describe() {
    return getClass().getSimpleName();
  }

  /** Ends this object, without waiting for uses in flight. Closing again does nothing. */
  @Override
  public final void close() {
    int before = uses.getAndUpdate(now -> now | CLOSED);
    if (before == 0) free();
  }

  /** Runs once: closed, and the last use has left. */
  private void free() {
    synchronized (owned) {
      while (!owned.isEmpty()) {
        owned.pop().run();
      }
    }
  }
}
