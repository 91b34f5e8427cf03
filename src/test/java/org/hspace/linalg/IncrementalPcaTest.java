package org.hspace.linalg;

import static org.bytedeco.pytorch.global.torch.linalg_svd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
          double total = Arrays.stream(s).map(x -> x * x).sum();
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

  /** The samples, cut at random and merged in a random tree. */
  private static IncrementalPca merged(Tensor samples, int capacity, Random random) {
    List<IncrementalPca> parts = new ArrayList<>();
    for (int first = 0; first < N; ) {
      int size = Math.min(N - first, 1 + random.nextInt(N / 2));
      IncrementalPca part = new IncrementalPca(GROUPS, DIMENSION, capacity);
      int half = size / 2;
      if (half > 0) part.update(samples.narrow(0, first, half));
      part.update(samples.narrow(0, first + half, size - half));
      parts.add(part);
      first += size;
    }
    parts.add(new IncrementalPca(GROUPS, DIMENSION, capacity)); // one that saw nothing
    Collections.shuffle(parts, random);
    while (parts.size() > 1) {
      try (IncrementalPca other = parts.remove(random.nextInt(parts.size()))) {
        parts.get(random.nextInt(parts.size())).merge(other);
      }
    }
    return parts.get(0);
  }

  /** Eigenvalues of the scatter of group g, by Commons Math, descending. */
  private static double[] scatterEigenvalues(Tensor samples, int g) {
    Tensor rows = samples.select(1, g);
    double[][] centred = Tensors.rows(rows.sub(rows.mean(0)));
    double[] s =
        new SingularValueDecomposition(new Array2DRowRealMatrix(centred)).getSingularValues();
    return Arrays.stream(s).map(x -> x * x).toArray();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void mergedPartsAreExactWhileTheCapacityReachesTheRank(long seed) {
    Tensor samples = samples(0.8);
    try (IncrementalPca pca = merged(samples, DIMENSION, new Random(seed));
        PrincipalComponents found = pca.components(10)) {
      assertEquals(N, found.count());
      assertArrayEquals(Tensors.doubles(samples.mean(0)), Tensors.doubles(found.mean()), 1e-12);
      for (int g = 0; g < GROUPS; g++) {
        double[] expected = scatterEigenvalues(samples, g);
        double[] s = Tensors.doubles(found.singularValues().select(0, g));
        for (int i = 0; i < 10; i++) assertEquals(expected[i], s[i] * s[i], 1e-11 * expected[0]);
        double total = Arrays.stream(expected).sum();
        assertEquals(total, Tensors.doubles(found.totalSquares())[g], 1e-11 * total);
        assertTrue(Tensors.doubles(found.cutOff())[g] < 1e-11 * total, "nothing is cut off");
        Tensor right = dense(samples, g)[1].narrow(0, 0, 10);
        Tensor overlaps = found.vectors().select(0, g).mul(right).sum(1).abs();
        for (double overlap : Tensors.doubles(overlaps)) assertEquals(1, overlap, 1e-9);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whatTruncationCostsIsBounded(long seed) {
    for (double decay : new double[] {0.6, 0.9, 1}) { // the last: nothing stands out
      Tensor samples = samples(decay);
      int capacity = 8;
      try (IncrementalPca pca = merged(samples, capacity, new Random(seed));
          PrincipalComponents found = pca.components(capacity)) {
        for (int g = 0; g < GROUPS; g++) {
          double[] expected = scatterEigenvalues(samples, g);
          double[] s = Tensors.doubles(found.singularValues().select(0, g));
          double bound = Tensors.doubles(found.cutOff())[g];
          double total = Tensors.doubles(found.totalSquares())[g];
          double kept = 0;
          double rounding = 1e-12 * total;
          for (int i = 0; i < capacity; i++) {
            kept += s[i] * s[i];
            assertTrue(s[i] * s[i] <= expected[i] + rounding, "never more than there is");
            assertTrue(expected[i] <= s[i] * s[i] + bound + rounding, "not less than the bound");
          }
          assertTrue(bound > 0 && bound <= total - kept + rounding, "no more than what is missing");
        }
      }
    }
  }

  @Test
  void statesTravelToTheSameBits() throws IOException, ClassNotFoundException {
    Tensor samples = samples(0.9);
    try (IncrementalPca a = merged(samples, 6, new Random(1));
        IncrementalPca b = merged(samples, 6, new Random(2));
        IncrementalPca there = IncrementalPca.of(sent(a.state()));
        IncrementalPca too = IncrementalPca.of(sent(b.state()))) {
      a.merge(b);
      there.merge(too);
      assertEquals(2 * N, there.count());
      assertArrayEquals(a.state().mean(), there.state().mean());
      assertArrayEquals(a.state().scaled(), there.state().scaled());
      assertArrayEquals(a.state().totalSquares(), there.state().totalSquares());
      assertArrayEquals(a.state().cutOff(), there.state().cutOff());
    }
    try (IncrementalPca empty = IncrementalPca.of(sent(new IncrementalPca(2, 3, 4).state()))) {
      assertEquals(0, empty.count());
    }
  }

  private static PcaState sent(PcaState state) throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(state);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (PcaState) in.readObject();
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
    assertThrows(IllegalArgumentException.class, () -> pca.merge(pca));
    try (IncrementalPca other = new IncrementalPca(2, 4, 2)) {
      assertThrows(IllegalArgumentException.class, () -> pca.merge(other));
    }
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
