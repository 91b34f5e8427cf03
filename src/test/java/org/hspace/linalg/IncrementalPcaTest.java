package org.hspace.linalg;

import static org.bytedeco.pytorch.global.torch.linalg_svd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.nativelib.FormatFile;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncrementalPcaTest {
  private static final int N = 60;
  private static final int GROUPS = 3;
  private static final int DIMENSION = 24;

  @TempDir Path directory;
  private PointerScope scope;

  @BeforeEach
  void open() {
    NativeLibrary.load();
    scope = new PointerScope();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /**
   * Samples (N, G, D) whose variances fall off by {@code decay} from one axis to the next, far from
   * the origin.
   */
  private static Tensor samples(double decay) {
    Random random = new Random(5);
    double[] values = new double[N * GROUPS * DIMENSION];
    for (int i = 0; i < values.length; i++) {
      values[i] = 3 + random.nextGaussian() * Math.pow(decay, i % DIMENSION);
    }
    Tensor axes = Tensors.of(gaussians(random, DIMENSION * DIMENSION), DIMENSION, DIMENSION);
    return Tensors.of(values, N, GROUPS, DIMENSION).matmul(axes);
  }

  private static double[] gaussians(Random random, int n) {
    return random.doubles(n).map(u -> random.nextGaussian()).toArray();
  }

  private static IncrementalPca analyse(Tensor samples, int capacity, int batch) {
    IncrementalPca pca = new IncrementalPca(GROUPS, DIMENSION, capacity);
    for (int first = 0; first < N; first += batch) {
      pca.update(samples.narrow(0, first, Math.min(batch, N - first)));
    }
    return pca;
  }

  /** Dense singular values and right vectors of the centred samples of group g. */
  private static Tensor[] dense(Tensor samples, int g) {
    Tensor rows = samples.select(1, g);
    var svd = linalg_svd(rows.sub(rows.mean(0)), false, null);
    return new Tensor[] {svd.get1(), svd.get2()};
  }

  @Test
  void exactWhileTheCapacityReachesTheRank() {
    Tensor samples = samples(0.8);
    for (int batch : new int[] {1, 7, 60}) {
      try (IncrementalPca pca = analyse(samples, DIMENSION, batch);
          PrincipalComponents found = pca.components(10)) {
        assertEquals(N, found.count());
        for (int g = 0; g < GROUPS; g++) {
          Tensor[] expected = dense(samples, g);
          double[] s = Tensors.doubles(expected[0]);
          double[] t = Tensors.doubles(found.singularValues().select(0, g));
          for (int i = 0; i < 10; i++) assertEquals(s[i], t[i], 1e-10 * s[0], "batch " + batch);
          Tensor overlaps =
              found.vectors().select(0, g).mul(expected[1].narrow(0, 0, 10)).sum(1).abs();
          for (double overlap : Tensors.doubles(overlaps)) assertEquals(1, overlap, 1e-9);
          double total = 0;
          for (double one : s) total += one * one;
          assertEquals(total, Tensors.doubles(found.totalSquares())[g], 1e-10 * total);
        }
        double[] mean = Tensors.doubles(samples.mean(0));
        assertArrayEquals(mean, Tensors.doubles(found.mean()), 1e-12);
      }
    }
  }

  @Test
  void closeWhenTruncated() {
    Tensor samples = samples(0.6);
    try (IncrementalPca pca = analyse(samples, 8, 10);
        PrincipalComponents found = pca.components(3)) {
      double[] s = Tensors.doubles(dense(samples, 0)[0]);
      double[] t = Tensors.doubles(found.singularValues().select(0, 0));
      for (int i = 0; i < 3; i++) assertEquals(s[i], t[i], 2e-3 * s[i]);
      assertTrue(t[0] <= s[0] * (1 + 1e-12), "truncation only loses variance");
    }
  }

  @Test
  void signsFollowTheGroupBefore() {
    Tensor samples = samples(0.6);
    Tensor flipped = samples.clone();
    flipped.select(1, 1).copy_(samples.select(1, 0).neg()); // group 1 is group 0 mirrored
    try (IncrementalPca pca = analyse(flipped, DIMENSION, 20);
        PrincipalComponents found = pca.components(4)) {
      Tensor along = found.vectors().select(0, 0).mul(found.vectors().select(0, 1)).sum(1);
      for (double overlap : Tensors.doubles(along)) assertEquals(1, overlap, 1e-9);
    }
  }

  @Test
  void continuesFromAFileToTheSameBits() {
    Tensor samples = samples(0.7);
    Path file = directory.resolve("state.safetensors");
    try (IncrementalPca whole = analyse(samples, 6, 20);
        IncrementalPca part = new IncrementalPca(GROUPS, DIMENSION, 6)) {
      part.update(samples.narrow(0, 0, 20));
      part.save(file, Map.of("note", "x"), Map.of());
      try (FormatFile state = FormatFile.open(file);
          IncrementalPca resumed = IncrementalPca.load(state, GROUPS, DIMENSION, 6)) {
        assertEquals(20, resumed.count());
        resumed.update(samples.narrow(0, 20, 20));
        resumed.update(samples.narrow(0, 40, 20));
        try (PrincipalComponents a = whole.components(6);
            PrincipalComponents b = resumed.components(6)) {
          assertArrayEquals(Tensors.doubles(a.vectors()), Tensors.doubles(b.vectors()));
          assertArrayEquals(
              Tensors.doubles(a.singularValues()), Tensors.doubles(b.singularValues()));
          assertArrayEquals(Tensors.doubles(a.mean()), Tensors.doubles(b.mean()));
        }
      }
    }
  }

  @Test
  void moreComponentsThanSamplesAreZero() {
    try (IncrementalPca pca = new IncrementalPca(1, DIMENSION, 5)) {
      pca.update(samples(0.7).narrow(1, 0, 1).narrow(0, 0, 3));
      try (PrincipalComponents found = pca.components(5)) {
        double[] s = Tensors.doubles(found.singularValues());
        assertTrue(s[1] > 0.1 && s[2] < 1e-6 * s[0] && s[4] == 0, "three points span a plane");
      }
    }
  }

  @Test
  void misuseIsNamed() {
    IncrementalPca pca = new IncrementalPca(2, 4, 3);
    Tensor wrong = Tensors.of(new double[6], 1, 2, 3);
    assertThrows(IllegalArgumentException.class, () -> pca.update(wrong));
    assertThrows(IllegalArgumentException.class, () -> pca.components(4));
    pca.close();
    String message =
        assertThrows(IllegalStateException.class, () -> pca.components(1)).getMessage();
    assertTrue(message.contains("after close()"), message);
    Path golden = Path.of("src/test/resources/golden/sampling.safetensors");
    try (FormatFile other = FormatFile.open(golden)) {
      assertThrows(HspaceException.class, () -> IncrementalPca.load(other, 1, 1, 1));
    }
  }
}
