package org.hspace.linalg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.linalg.RotatedScores.Contrast;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RotatedScoresTest {
  private static final int N = 3000;

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

  /** One of several independent sources of variance 1. */
  private interface Source {
    double next(Random random);
  }

  private static final Source FLAT = random -> Math.sqrt(12) * (random.nextDouble() - 0.5);
  private static final Source RARE = random -> random.nextDouble() < 0.1 ? 3 : -1.0 / 3;
  private static final Source WAITING = random -> -1 - Math.log(1 - random.nextDouble());
  private static final Source GAUSSIAN = Random::nextGaussian;

  /** Samples of sources (N, k). */
  private static Tensor sources(Source... sources) {
    Random random = new Random(3);
    double[] values = new double[N * sources.length];
    for (int i = 0; i < values.length; i++) values[i] = sources[i % sources.length].next(random);
    return Tensors.of(values, N, sources.length);
  }

  /** What the sources look like through a full matrix (N, k), and that matrix (k, k). */
  private static Tensor[] mixed(Tensor sources) {
    int k = (int) sources.size(1);
    Random random = new Random(8);
    Tensor matrix =
        Tensors.of(random.doubles(k * k).map(u -> random.nextGaussian()).toArray(), k, k);
    return new Tensor[] {sources.matmul(matrix.t()), matrix};
  }

  /** |cosine| of each column of the mixing found with each of the true one [k][k]. */
  private static double[][] cosines(RotatedScores found, Tensor matrix) {
    Tensor columns = Tensors.of(found.mixing());
    Tensor norms = columns.square().sum(new long[] {0}, true, null).sqrt();
    Tensor trueNorms = matrix.square().sum(new long[] {0}, true, null).sqrt();
    return Tensors.rows(columns.div(norms).t().matmul(matrix.div(trueNorms)).abs());
  }

  private static void assertMatched(double[][] cosines) {
    int[] partners = RotatedScores.match(cosines);
    for (int j = 0; j < partners.length; j++) {
      assertTrue(cosines[j][partners[j]] > 0.98, j + ": " + cosines[j][partners[j]]);
    }
  }

  @Test
  void independentSourcesAreFoundAgainWithTheirScale() {
    Tensor[] data = mixed(sources(FLAT, GAUSSIAN, RARE, WAITING));
    RotatedScores found = RotatedScores.of(data[0], Contrast.LOG_COSH, 4);
    double[][] cosines = cosines(found, data[1]);
    assertMatched(cosines);
    for (double stable : found.stability()) assertTrue(stable > 0.95, "" + stable);
    for (int j = 1; j < 4; j++) {
      assertTrue(found.nonGaussianity()[j] <= found.nonGaussianity()[j - 1], "in order");
    }
    assertTrue(cosines[3][1] > 0.98, "the Gaussian one is last");
    // s of variance 1: the mixing carries all of the samples' covariance.
    Tensor centred = data[0].sub(data[0].mean(new long[] {0}, true, null));
    Tensor mixing = Tensors.of(found.mixing());
    double[] covariance = Tensors.doubles(Tensors.times(centred.t().matmul(centred), 1.0 / N));
    assertArrayEquals(covariance, Tensors.doubles(mixing.matmul(mixing.t())), 1e-9);
  }

  @Test
  void signsFollowTheSkewness() {
    Tensor[] data = mixed(sources(RARE, WAITING));
    RotatedScores found = RotatedScores.of(data[0], Contrast.LOG_COSH, 2);
    RotatedScores flipped = RotatedScores.of(data[0].neg(), Contrast.LOG_COSH, 2);
    for (int j = 0; j < 2; j++) {
      for (int i = 0; i < 2; i++) {
        assertEquals(found.mixing()[i][j], -flipped.mixing()[i][j], 1e-3, "the skewed end moved");
      }
    }
  }

  @Test
  void whatIsGaussianIsNotStable() {
    Tensor[] data = mixed(sources(FLAT, RARE, GAUSSIAN, GAUSSIAN, GAUSSIAN));
    double[] stability = RotatedScores.of(data[0], Contrast.LOG_COSH, 6).stability();
    assertTrue(Math.min(stability[0], stability[1]) > 0.95, stability[0] + ", " + stability[1]);
    assertTrue((stability[2] + stability[3] + stability[4]) / 3 < 0.85, stability[2] + " …");
  }

  @Test
  void varimaxFindsWhatIsMostlyZero() {
    Source sparse = random -> random.nextDouble() < 0.15 ? 2.58 * random.nextGaussian() : 0;
    Tensor[] data = mixed(sources(sparse, sparse, sparse));
    RotatedScores found = RotatedScores.of(data[0], Contrast.VARIMAX, 4);
    assertMatched(cosines(found, data[1]));
  }

  @Test
  void partnersAreTakenOnce() {
    double[][] alike = {{0.9, 0.8}, {0.95, 0.1}};
    assertArrayEquals(new int[] {1, 0}, RotatedScores.match(alike));
  }

  @Test
  void scoresWithoutVarianceAreNamed() {
    Tensor two = sources(FLAT, RARE);
    Tensor three = Tensors.cat(java.util.List.of(two, two.narrow(1, 0, 1)), 1);
    String message =
        assertThrows(HspaceException.class, () -> RotatedScores.of(three, Contrast.LOG_COSH, 1))
            .getMessage();
    assertTrue(message.contains("all 3 directions"), message);
  }
}
