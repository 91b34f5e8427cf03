package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.hspace.HspaceException;
import org.hspace.nativelib.FlatMemory;
import org.hspace.nativelib.TensorFile;
import org.hspace.nativelib.Tensors;
import org.hspace.nativelib.Versions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sampling from Java; its numbers are tested where they are computed, in sampler_test.cpp. */
class SamplerTest {
  private static final long[] GOLDEN_SEEDS = {0, 1, 7};
  private static final SamplingOptions OPTIONS = SamplingOptions.DEFAULT.withSteps(5).withBatch(4);

  private PointerScope scope;
  private Model model;
  private Sampler sampler;

  @BeforeEach
  void open() {
    scope = new PointerScope();
    model = TinyModel.open(DType.FLOAT32);
    sampler = new Sampler(model);
  }

  @AfterEach
  void close() {
    model.close();
    scope.close();
  }

  static double relativeError(Tensor expected, Tensor found) {
    return found.sub(expected).abs().max().div(expected.abs().max()).item_double();
  }

  @ParameterizedTest
  @CsvSource({"FLOAT64, 1e-10", "FLOAT32, 1e-5"})
  void equalsDiffusers(DType dtype, double tolerance) {
    try (Model one = TinyModel.open(dtype);
        TensorFile golden = TensorFile.open(TinyModel.GOLDEN.resolve("sampling.safetensors"))) {
      for (String eta : new String[] {"0", "0.5", "1"}) {
        SamplingOptions options =
            OPTIONS.withReferenceSeeds(true).withEta(EtaSchedule.parse(eta)).withBatch(2);
        try (Trajectory found = new Sampler(one).sample(GOLDEN_SEEDS, options, Progress.NONE)) {
          if (eta.equals("0")) assertNull(found.z());
          assertTrue(relativeError(golden.tensor("x_0_" + eta), found.x0()) < tolerance, "x_0");
          assertTrue(relativeError(golden.tensor("h_" + eta), found.h()) < tolerance, "h");
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"symmetric", "asymmetric"})
  void injectionEqualsDiffusers(String kind) {
    try (TensorFile golden = TensorFile.open(TinyModel.GOLDEN.resolve("sampling.safetensors"))) {
      SamplingOptions options = OPTIONS.withReferenceSeeds(true);
      Tensor delta = golden.tensor("delta"); // (T, c, h, w)
      try (Trajectory plain = sampler.sample(GOLDEN_SEEDS, options, Progress.NONE)) {
        Injection injection =
            new Injection() {
              @Override
              public Tensor deltaH(int step, int first, Tensor h) {
                return delta.narrow(0, step, 1);
              }

              @Override
              public boolean asymmetric() {
                return kind.equals("asymmetric");
              }
            };
        Tensor found = decode(plain, injection, 0, 1, 2);
        assertTrue(relativeError(golden.tensor(kind), found) < 1e-5, kind);
      }
    }
  }

  private Tensor decode(Trajectory source, Injection injection, int... rows) {
    return sampler.decode(source, rows, injection, HSpace.AFTER, 2, Progress.NONE);
  }

  /** Step, first row, and the h that was recorded; it may keep h, and be asked from any scope. */
  @Test
  void anInjectionSeesWhereItIs() {
    try (Trajectory sample = sampler.sample(new long[] {1, 2, 3}, OPTIONS, Progress.NONE)) {
      List<int[]> calls = new ArrayList<>();
      List<Tensor> kept = new ArrayList<>();
      Injection looks =
          (step, first, h) -> {
            calls.add(new int[] {step, first, (int) h.size(0)});
            h.retainReference();
            kept.add(h);
            return null;
          };
      Tensor plain = decode(sample, looks, 0, 1, 2);
      assertTrue(relativeError(sample.x0(), plain) < 1e-5);
      assertEquals(10, calls.size());
      for (int i = 0; i < 10; i++) {
        int first = i < 5 ? 0 : 2;
        assertArrayEquals(new int[] {i % 5, first, first == 0 ? 2 : 1}, calls.get(i));
        Tensor recorded = sample.h().select(1, i % 5).narrow(0, first, calls.get(i)[2]);
        assertTrue(relativeError(recorded, kept.get(i)) < 1e-5, "h of call " + i);
        kept.get(i).releaseReference();
      }
    }
  }

  /** Whatever it is, and however it is thrown, it is the same object that comes out. */
  @Test
  void whatACallbackThrowsComesOutAsItIs() {
    Throwable[] failures = {
      new IllegalStateException("one of Java's"),
      new HspaceException("one of ours"),
      new AssertionError("an error"),
      new java.io.IOException("a checked one")
    };
    try (Trajectory drawn = sampler.draw(new long[] {1, 2}, OPTIONS)) {
      for (Throwable failure : failures) {
        Progress progress = (done, total, unit) -> sneak(failure);
        Injection injection =
            (step, first, h) -> {
              if (step == 2) sneak(failure);
              return null;
            };
        assertSame(
            failure, thrownBy(() -> sampler.sample(new long[] {1}, OPTIONS, progress).close()));
        assertSame(failure, thrownBy(() -> decode(drawn, injection, 0, 1)));
        assertSame(
            failure,
            thrownBy(
                () ->
                    sampler.stream(
                        new long[] {1}, OPTIONS, part -> sneak(failure), Progress.NONE)));
      }
    }
  }

  private static Throwable thrownBy(Runnable call) {
    return assertThrows(Throwable.class, call::run);
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void sneak(Throwable failure) throws E {
    throw (E) failure;
  }

  /** Ends it as soon as so many units are done. */
  private static Progress cancelledAt(long units) {
    return new Progress() {
      private long last;

      @Override
      public void update(long done, long total, String unit) {
        last = done;
      }

      @Override
      public boolean cancelled() {
        return last >= units;
      }
    };
  }

  @Test
  void aCancelledSamplingLeavesNoFile(@TempDir Path folder) {
    long[] seeds = {1, 2, 3};
    SamplingOptions options = OPTIONS.withBatch(2);
    Provenance provenance = Provenance.ofSamples(model, options, seeds);
    int[] parts = {0};
    assertThrows(
        CancellationException.class,
        () -> {
          try (TrajectoryFile.Writer writer =
              new TrajectoryFile.Writer(folder.resolve("t.safetensors"), 3, provenance)) {
            sampler.stream(
                seeds,
                options,
                part -> {
                  writer.append(part);
                  parts[0]++;
                },
                cancelledAt(12));
            writer.finish();
          }
        });
    assertEquals(1, parts[0], "cancelled in the second batch");
    assertArrayEquals(new String[0], folder.toFile().list());
    assertThrows(CancellationException.class, () -> sampler.sample(seeds, options, cancelledAt(2)));
    try (Trajectory drawn = sampler.draw(seeds, options)) {
      assertThrows(
          CancellationException.class,
          () ->
              sampler.decode(
                  drawn, new int[] {0}, Injection.NONE, HSpace.AFTER, 1, cancelledAt(3)));
    }
  }

  @Test
  void reportsProgressAndBadOptions() {
    List<Long> done = new ArrayList<>();
    sampler
        .sample(
            new long[] {1, 2, 3},
            OPTIONS.withBatch(2),
            (d, total, unit) -> {
              done.add(d);
              assertEquals(15, total);
              assertEquals("steps", unit);
            })
        .close();
    assertEquals(List.of(2L, 4L, 6L, 8L, 10L, 11L, 12L, 13L, 14L, 15L), done);
    assertThrows(HspaceException.class, () -> sampler.sample(new long[0], OPTIONS, Progress.NONE));
    assertThrows(HspaceException.class, () -> OPTIONS.withSteps(0));
    assertThrows(HspaceException.class, () -> OPTIONS.withBatch(0));
    try (Trajectory drawn = sampler.draw(new long[] {1}, OPTIONS)) {
      String message =
          assertThrows(HspaceException.class, () -> decode(drawn, Injection.NONE, 1)).getMessage();
      assertEquals("row: expected 0 to 0, found 1", message);
    }
  }

  /** Every option reaches C++: each of them changes what provenance or tensors say. */
  @Test
  void optionsArriveAsTheyAreSet() {
    SamplingOptions options =
        new SamplingOptions(
            3,
            EtaSchedule.parse("1,0.25,0"),
            HSpace.MIDDLE,
            false,
            7,
            StepNoise.BROWNIAN,
            true,
            false,
            Conditioning.NONE);
    long[] seeds = {Long.MIN_VALUE, -1, Long.MAX_VALUE};
    try (Trajectory found = sampler.sample(seeds, options, Progress.NONE)) {
      Provenance provenance = found.provenance();
      assertEquals(List.of(1.0, 0.25, 0.0), provenance.eta());
      assertEquals(HSpace.MIDDLE, provenance.hSpace());
      assertNull(found.h());
      assertTrue(provenance.referenceSeeds());
      assertEquals(List.of(Long.MIN_VALUE, -1L, Long.MAX_VALUE), provenance.seeds());
      assertEquals("sample", provenance.method());
      assertEquals(Versions.current().hspace(), provenance.toolVersion());
      assertEquals(Provenance.ofSamples(model, options, seeds), provenance);
    }
    SamplingOptions own = options.withReferenceSeeds(false);
    for (StepNoise noise : StepNoise.values()) {
      Provenance said = Provenance.ofSamples(model, own.withNoise(noise), seeds);
      assertEquals(noise, said.noise());
      assertEquals(said, Provenance.parse(said.toJson(), "file"));
      assertEquals(own.withNoise(noise).noise(), SamplingOptions.of(said, 7).noise());
    }
    List<Long> done = new ArrayList<>();
    sampler
        .sample(new long[] {1, 2, 3}, options, (d, total, unit) -> done.add(d))
        .close(); // a batch of 7 takes all three
    assertEquals(List.of(3L, 6L, 9L), done);
  }

  @Test
  void whatIsDrawnIsWhatSamplesBeginWith() {
    long[] seeds = {3, 5};
    try (Trajectory sampled = sampler.sample(seeds, OPTIONS, Progress.NONE);
        Trajectory drawn = sampler.draw(seeds, OPTIONS)) {
      assertTrue(drawn.xT().equal(sampled.xT()));
      assertTrue(drawn.z().equal(sampled.z()));
      assertEquals(sampled.provenance(), drawn.provenance());
      assertNull(drawn.h());
      assertThrows(IllegalStateException.class, drawn::x0);
      assertTrue(sampled.x0().equal(decode(drawn, Injection.NONE, 0, 1)));
      Tensor states = sampler.states(drawn, 1, 3); // (3, C, H, W)
      assertTrue(states.narrow(0, 0, 1).equal(drawn.xT().narrow(0, 1, 1)));
    }
  }

  @Test
  void nothingIsUsedAfterItsEnd() {
    Trajectory drawn = sampler.draw(new long[] {1}, OPTIONS);
    drawn.close();
    assertThrows(IllegalStateException.class, () -> decode(drawn, Injection.NONE, 0));
    model.close();
    assertThrows(IllegalStateException.class, () -> sampler.draw(new long[] {1}, OPTIONS).close());
  }

  /** What callbacks are given, and what they make, is freed at each call, not at the end. */
  @Test
  void callbacksLeaveNothing() {
    List<Long> alive = new ArrayList<>();
    Injection injection =
        (step, first, h) -> {
          alive.add(Pointer.totalCount());
          for (int i = 0; i < 100; i++) torch.zeros(1);
          return Tensors.times(h, 0.1);
        };
    long[] seeds = {1, 2, 3, 4};
    try (Trajectory drawn = sampler.draw(seeds, OPTIONS)) {
      decode(drawn, injection, 0, 1, 2, 3);
      assertEquals(10, alive.size());
      assertTrue(alive.get(9) < alive.get(1) + 100, alive.toString());
      alive.clear();
      sampler.stream(
          seeds,
          OPTIONS.withBatch(1),
          part -> {
            alive.add(Pointer.totalCount());
            for (int i = 0; i < 100; i++) torch.zeros(1);
          },
          Progress.NONE);
      assertTrue(alive.get(3) < alive.get(0) + 100, alive.toString());
      FlatMemory.assertFlat(
          () -> {
            try (PointerScope turn = new PointerScope()) {
              decode(drawn, (step, first, h) -> Tensors.times(h, 0.1), 0, 1, 2, 3);
            }
          },
          2,
          10);
    }
  }
}
