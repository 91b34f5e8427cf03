package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Owners that are closed while other threads compute with them: every call ends with its result or
 * with an {@link IllegalStateException}.
 */
class LifetimeTest {
  private static final int THREADS = 3;
  private static final int ROUNDS = 100;

  private final ExecutorService pool = Executors.newFixedThreadPool(THREADS);

  @AfterEach
  void stop() {
    pool.shutdownNow();
  }

  /** One object, what the threads do with it again and again, and its end. */
  private interface Round {
    NativeResource victim();

    Tensor call();

    default void end() {}
  }

  /**
   * Opens an object, uses it on all threads until it is closed, and closes it at some moment; this
   * as often as there are rounds.
   *
   * @param expected result of each call that ends with one
   */
  private void closedWhileInUse(Supplier<Round> open, Tensor expected) throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      Round round = open.get();
      AtomicInteger calls = new AtomicInteger();
      List<Future<?>> users = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        users.add(pool.submit(() -> useUntilClosed(round, expected, calls)));
      }
      int enough = ThreadLocalRandom.current().nextInt(1, 8);
      while (calls.get() < enough) Thread.onSpinWait();
      round.victim().close();
      for (Future<?> user : users) user.get();
      round.end();
    }
  }

  private static void useUntilClosed(Round round, Tensor expected, AtomicInteger calls) {
    while (true) {
      try (PointerScope scope = new PointerScope()) {
        Tensor result = round.call();
        assertTrue(result.equal(expected));
        calls.incrementAndGet();
      } catch (IllegalStateException closed) {
        assertTrue(closed.getMessage().endsWith("used after close()"), closed.getMessage());
        return;
      }
    }
  }

  private static Bottleneck encode(Model model, Tensor x) {
    try (PointerScope scope = new PointerScope()) {
      return model.unet().encode(x, Tensors.of(300L), HSpace.MIDDLE);
    }
  }

  @Test
  void bottlenecks() throws Exception {
    try (Model model = TinyModel.open(DType.FLOAT32);
        PointerScope scope = new PointerScope()) {
      Tensor x = torchRandn(2, 3, 16, 16);
      Tensor expected;
      try (Bottleneck bottleneck = encode(model, x)) {
        expected = model.unet().decode(bottleneck, bottleneck.h());
      }
      closedWhileInUse(
          () -> {
            Bottleneck bottleneck = encode(model, x);
            return new Round() {
              @Override
              public NativeResource victim() {
                return bottleneck;
              }

              @Override
              public Tensor call() {
                return model.unet().decode(bottleneck, bottleneck.h());
              }
            };
          },
          expected);
    }
  }

  @Test
  void models() throws Exception {
    try (PointerScope scope = new PointerScope()) {
      Tensor x = torchRandn(2, 3, 16, 16);
      Tensor expected;
      try (Model model = TinyModel.open(DType.FLOAT32);
          Bottleneck bottleneck = encode(model, x)) {
        expected = model.unet().decode(bottleneck, null);
      }
      closedWhileInUse(
          () -> {
            Model model = TinyModel.open(DType.FLOAT32);
            UNet unet = model.unet();
            return new Round() {
              @Override
              public NativeResource victim() {
                return model;
              }

              @Override
              public Tensor call() {
                try (Bottleneck bottleneck = unet.encode(x, Tensors.of(300L), HSpace.MIDDLE)) {
                  return unet.decode(bottleneck, null);
                }
              }
            };
          },
          expected);
    }
  }

  @Test
  void linearizedDecoders() throws Exception {
    try (Model model = TinyModel.open(DType.FLOAT32);
        PointerScope scope = new PointerScope()) {
      Bottleneck bottleneck = encode(model, torchRandn(1, 3, 16, 16));
      Tensor rows = Tensors.of(0L);
      LinearizedDecoder first = new LinearizedDecoder(model.unet(), bottleneck, null);
      Tensor expected = first.vjp(first.jvp(bottleneck.h(), rows), rows);
      first.close();
      closedWhileInUse(
          () -> {
            LinearizedDecoder decoder = new LinearizedDecoder(model.unet(), bottleneck, null);
            return new Round() {
              @Override
              public NativeResource victim() {
                return decoder;
              }

              @Override
              public Tensor call() {
                return decoder.vjp(decoder.jvp(bottleneck.h(), rows), rows);
              }
            };
          },
          expected);
      bottleneck.close();
    }
  }

  @Test
  void trajectories() throws Exception {
    try (Model model = TinyModel.open(DType.FLOAT32);
        PointerScope scope = new PointerScope()) {
      SamplingOptions options = SamplingOptions.DEFAULT.withSteps(2);
      Sampler sampler = new Sampler(model);
      Tensor expected;
      try (Trajectory trajectory = sampler.draw(new long[] {1, 2}, options)) {
        expected = trajectory.xT().add(trajectory.xT());
      }
      closedWhileInUse(
          () -> {
            Trajectory trajectory = sampler.draw(new long[] {1, 2}, options);
            return new Round() {
              @Override
              public NativeResource victim() {
                return trajectory;
              }

              @Override
              public Tensor call() {
                return trajectory.xT().add(trajectory.xT());
              }
            };
          },
          expected);
    }
  }

  /** A handle that was given away keeps the memory, not its owner. */
  @Test
  void whatWasGivenAwayStays() {
    try (Model model = TinyModel.open(DType.FLOAT32);
        PointerScope scope = new PointerScope()) {
      Trajectory trajectory =
          new Sampler(model)
              .sample(new long[] {1}, SamplingOptions.DEFAULT.withSteps(2), Progress.NONE);
      Tensor h = trajectory.h();
      Tensor copy = h.clone();
      trajectory.close();
      assertTrue(h.equal(copy));
      assertThrows(IllegalStateException.class, trajectory::h);
    }
  }

  @Test
  void bottlenecksOfOtherModelsAreRefused() {
    try (Model model = TinyModel.open(DType.FLOAT32);
        Model other = Model.open(Path.of("models/avatars-64"), ModelOptions.DEFAULT);
        PointerScope scope = new PointerScope();
        Bottleneck foreign = encode(other, torchRandn(2, 3, 64, 64))) {
      String expected = "bottleneck of another model: h: expected [any, 16, any, any] Float on cpu";
      for (Supplier<?> call :
          List.<Supplier<?>>of(
              () -> model.unet().decode(foreign, null),
              () -> model.unet().autogradJvp(foreign, foreign.h()),
              () -> new LinearizedDecoder(model.unet(), foreign, null))) {
        String message = assertThrows(HspaceException.class, call::get).getMessage();
        assertEquals(expected, message.substring(0, message.indexOf(", found")));
      }
    }
  }

  private static Tensor torchRandn(long... shape) {
    return org.bytedeco.pytorch.global.torch.randn(shape).to(ScalarType.Float);
  }
}
