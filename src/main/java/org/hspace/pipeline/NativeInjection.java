package org.hspace.pipeline;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.CallbackFailure;
import org.hspace.nativelib.HspaceNative;

/** An injection in Java that C++ asks at every step. */
final class NativeInjection extends HspaceNative.Injection {
  private final Injection injection;
  private final CallbackFailure failure;
  private final Tensor none = new Tensor();
  private final Tensor result = new Tensor(); // C++ copies it after deltaH() has returned

  /**
   * @param failure keeps what the injection throws
   */
  NativeInjection(Injection injection, CallbackFailure failure) {
    this.injection = injection;
    this.failure = failure;
  }

  @Override
  public Tensor deltaH(long step, long timestep, long first, Tensor h) {
    try (PointerScope scope = new PointerScope()) {
      Tensor delta = injection.deltaH(Math.toIntExact(step), Math.toIntExact(first), new Tensor(h));
      result.put(delta == null ? none : delta);
      return result;
    } catch (Throwable thrown) {
      failure.keep(thrown);
      throw thrown;
    }
  }

  @Override
  public boolean asymmetric() {
    try {
      return injection.asymmetric();
    } catch (Throwable thrown) {
      failure.keep(thrown);
      throw thrown;
    }
  }

  @Override
  public int into() {
    try {
      return injection.into().ordinal();
    } catch (Throwable thrown) {
      failure.keep(thrown);
      throw thrown;
    }
  }
}
