package org.hspace.pipeline;

import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.nativelib.CallbackFailure;
import org.hspace.nativelib.HspaceNative;

/** A consumer in Java that C++ hands the batches of a sampling. */
final class NativeSink extends HspaceNative.TrajectorySink {
  private final Consumer<Trajectory> consumer;
  private final CallbackFailure failure;

  /**
   * @param consumer a batch is closed when it returns
   * @param failure keeps what it throws
   */
  NativeSink(Consumer<Trajectory> consumer, CallbackFailure failure) {
    this.consumer = consumer;
    this.failure = failure;
  }

  @Override
  public void accept(HspaceNative.Trajectory part) {
    try (PointerScope scope = new PointerScope();
        Trajectory batch = new Trajectory(() -> new HspaceNative.Trajectory(part))) {
      consumer.accept(batch);
    } catch (Throwable thrown) {
      failure.keep(thrown);
      throw thrown;
    }
  }
}
