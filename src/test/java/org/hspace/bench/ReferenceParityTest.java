package org.hspace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.JacobianDirections;
import org.hspace.directions.JacobianOptions;
import org.hspace.directions.PcaOptions;
import org.hspace.linalg.SvdOptions;
import org.hspace.nativelib.TensorFile;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.ImageSource;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Inversion;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Inverter;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The engine in float32 against what tools/reference computed with the same model, seeds, T and η
 * (make_golden.py).
 */
class ReferenceParityTest {
  private static final Path FILE = TinyModel.GOLDEN.resolve("reference.safetensors");
  private static final SamplingOptions OPTIONS =
      SamplingOptions.DEFAULT.withSteps(10).withReferenceSeeds(true);
  private static final double BOUND = 1e-3;

  private static Model model;
  private static TensorFile golden;
  private PointerScope scope;

  @BeforeAll
  static void open() {
    model = TinyModel.open(DType.FLOAT32);
    golden = TensorFile.open(FILE);
  }

  @AfterAll
  static void close() {
    golden.close();
    model.close();
  }

  @BeforeEach
  void openScope() {
    scope = new PointerScope();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private static double largest(Tensor a, Tensor b) {
    return a.to(ScalarType.Double).sub(b.to(ScalarType.Double)).abs().max().item_double();
  }

  private static void assertNear(String name, Tensor found, double bound) {
    double difference = largest(found, golden.tensor(name));
    assertTrue(difference <= bound, name + ": differs by " + difference);
  }

  private static Trajectory sample(SamplingOptions options) {
    return new Sampler(model).sample(new long[] {0, 1}, options, Progress.NONE);
  }

  @Test
  void goldenBelongsToTheModel() {
    assertTrue(model.hasHash(golden.metadata().get("model_hash")));
  }

  @Test
  void samplesAndTheirBottlenecks() {
    try (Trajectory found = sample(OPTIONS)) {
      assertNear("sample.x_0", found.x0(), BOUND);
      assertNear("sample.h", found.h(), BOUND);
    }
  }

  @Test
  void samplesOfFiftySteps() {
    try (Trajectory found = sample(OPTIONS.withSteps(50))) {
      assertNear("sample50.x_0", found.x0(), BOUND);
    }
    try (Trajectory found = sample(OPTIONS.withSteps(50).withEta(EtaSchedule.DDIM))) {
      assertNear("sample50_ddim.x_0", found.x0(), BOUND);
    }
  }

  @Test
  void plainDdimInversion() {
    List<ImageSource> sources = List.of(new ImageSource("0", ""), new ImageSource("1", ""));
    InversionOptions options = InversionOptions.DEFAULT.withSteps(10).withRefine(0);
    Tensor x0 = golden.tensor("sample.x_0");
    try (Inversion found = new Inverter(model).invert(x0, sources, options, Progress.NONE)) {
      assertNear("inversion.x_T", found.trajectory().xT(), BOUND);
    }
  }

  @Test
  void editsSymmetricAndAsymmetric() {
    try (Trajectory image = new Sampler(model).sample(new long[] {0}, OPTIONS, Progress.NONE)) {
      Tensor h = golden.tensor("sample.h"); // (2, T, c, h, w)
      int[] timesteps = image.lattice().timesteps();
      Direction direction =
          new Direction("1 - 0", h.select(0, 1).sub(h.select(0, 0)), timesteps, HSpace.AFTER);
      List<Edit> columns = new ArrayList<>();
      for (double strength : new double[] {-0.5, 1}) {
        columns.add(Edit.of(new WeightedDirection(direction, strength)));
      }
      EditGrid grid = new EditGrid(model);
      EditOptions options = EditOptions.DEFAULT.withBatch(2);
      try (Images symmetric = grid.run(image, columns, options, Progress.NONE); // (2, C, H, W)
          Images asymmetric =
              grid.run(image, columns, options.withAsymmetric(true), Progress.NONE)) {
        Tensor first = symmetric.tensor();
        Tensor second = asymmetric.tensor();
        assertTrue(largest(first, second) > 0.01, "the two injections must differ");
        assertNear("edit.x_0", Tensors.cat(List.of(first, second), 0), BOUND);
      }
    }
  }

  @Test
  void principalComponents() {
    PcaOptions options =
        PcaOptions.DEFAULT.withComponents(3).withSamples(16).withSampling(OPTIONS.withSteps(4));
    try (DirectionSet found = new GlobalPca(model).run(options, Progress.NONE)) {
      Tensor expected = golden.tensor("pca.explained_variance").to(ScalarType.Double); // (T, k)
      Tensor ratio = found.figures().get("explained_variance").to(ScalarType.Double).div(expected);
      assertTrue(largest(ratio, torch.ones_like(ratio)) < BOUND, "variances");
      Tensor a = found.directions().flatten(2, -1).to(ScalarType.Double); // (k, T, c·h·w)
      Tensor b = golden.tensor("pca.directions").flatten(2, -1).to(ScalarType.Double);
      Tensor lengths = a.square().sum(2).mul(b.square().sum(2)).sqrt();
      double cosine = a.mul(b).sum(2).div(lengths).abs().min().item_double(); // least of (k, T)
      assertTrue(cosine > 1 - 1e-4, "directions: cosine " + cosine);
    }
  }

  @Test
  void singularValuesOfTheDenseJacobian() {
    JacobianOptions options =
        new JacobianOptions(
            new SvdOptions(5, 1e-4, 500, 0, 0),
            true,
            new int[] {0, 5, 9},
            null,
            null,
            0,
            JacobianOptions.DEFAULT.injectInto(),
            1L << 28);
    try (Trajectory image = new Sampler(model).sample(new long[] {0}, OPTIONS, Progress.NONE);
        DirectionSet found = new JacobianDirections(model).run(image, 0, options, Progress.NONE)) {
      double[] expected = Tensors.doubles(golden.tensor("jacobian.singular_values")); // (3, 5)
      double[] values = Tensors.doubles(found.figures().get("singular_values"));
      for (int i = 0; i < expected.length; i++) {
        assertEquals(1, values[i] / expected[i], BOUND, "singular value " + i);
      }
    }
  }
}
