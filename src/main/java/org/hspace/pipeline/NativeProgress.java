package org.hspace.pipeline;

import java.util.function.Function;
import org.bytedeco.javacpp.BytePointer;
import org.hspace.nativelib.CallbackFailure;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.Utf8;

/** A listener that C++ can tell how far it is. */
public final class NativeProgress extends HspaceNative.Progress {
  private final Progress listener;
  private final CallbackFailure failure;

  /**
   * @param failure keeps what the listener throws
   */
  NativeProgress(Progress listener, CallbackFailure failure) {
    this.listener = listener;
    this.failure = failure;
  }

  /**
   * Makes a call into C++ that reports its progress.
   *
   * @return the result of the call
   * @throws java.util.concurrent.CancellationException when the listener {@linkplain
   *     Progress#cancelled cancels}
   * @throws RuntimeException what the listener throws, the same object
   */
  public static <T> T during(Progress listener, Function<HspaceNative.Progress, T> call) {
    CallbackFailure failure = new CallbackFailure();
    return failure.call(
        () -> {
          try (NativeProgress progress = new NativeProgress(listener, failure)) {
            return call.apply(progress);
          }
        });
  }

  @Override
  public boolean update(long done, long total, BytePointer unit) {
    try {
      listener.update(done, total, Utf8.string(unit));
      return !listener.cancelled();
    } catch (Throwable thrown) {
      failure.keep(thrown);
      return false;
    }
  }

  @Override
  public void warn(BytePointer message) {
    try {
      listener.warn(Utf8.string(message));
    } catch (Throwable thrown) {
      failure.keep(thrown);
      throw thrown;
    }
  }
}
