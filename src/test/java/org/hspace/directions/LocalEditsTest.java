package org.hspace.directions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.image.MaskFile;
import org.hspace.linalg.SvdOptions;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.InjectInto;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;
import org.junit.jupiter.api.Test;

/** Local edits against plain loops over pictures that the edit grid decodes. */
class LocalEditsTest {
  private static final String MASK = "3,5,8,6";
  private static final double AMOUNT = 0.02;

  /** Share and root mean square of a change inside the rectangle of MASK, by loops. */
  private static double[] change(double[] before, double[] after) {
    double inside = 0;
    double all = 0;
    for (int i = 0; i < before.length; i++) {
      double square = Math.pow(after[i] - before[i], 2);
      int row = i / 16 % 16;
      int column = i % 16;
      boolean within = column >= 3 && column < 11 && row >= 5 && row < 11;
      inside += within ? square : 0;
      all += square;
    }
    return new double[] {inside / all, Math.sqrt(inside / (3 * 8 * 6))};
  }

  private static JacobianOptions options(Tensor mask, int vectors) {
    return new JacobianOptions(
        new SvdOptions(vectors, 1e-4, 5_000, 0, 0),
        true,
        null,
        mask,
        MASK,
        1e-2,
        InjectInto.BOTH,
        1L << 30);
  }

  @Test
  void editsDoAtStrengthOneWhatTheirFiguresSay() {
    try (Model model = TinyModel.open(DType.FLOAT64);
        PointerScope scope = new PointerScope()) {
      Tensor mask = MaskFile.read(MASK, 16, 16).to(ScalarType.Double);
      SamplingOptions sampling = SamplingOptions.DEFAULT.withSteps(3).withRecordH(false);
      JacobianOptions options = options(mask, LocalEdits.candidates(2, mask));
      try (Trajectory image =
              new Sampler(model).sample(new long[] {4, 5}, sampling, Progress.NONE);
          DirectionSet vectors =
              new JacobianDirections(model).run(image, 1, options, Progress.NONE);
          DirectionSet found =
              new LocalEdits(model).run(image, 1, vectors, options, 2, AMOUNT, 4, Progress.NONE)) {
        assertTrue(found.size() >= 1 && found.size() <= 2);
        assertArrayEquals(image.lattice().timesteps(), found.timesteps());
        assertArrayEquals(new long[] {3, 2}, Tensors.shape(found.figures().get("inside_measured")));
        double[] shares = Tensors.doubles(found.figures().get("edit_inside_measured"));
        double[] amounts = Tensors.doubles(found.figures().get("edit_amount"));
        List<Edit> edits = new ArrayList<>(List.of(Edit.NONE));
        List<Direction> directions = new ArrayList<>();
        for (int k = 0; k < found.size(); k++) {
          directions.add(found.get(k));
          edits.add(Edit.of(new WeightedDirection(directions.get(k), 1)));
        }
        try (Images cells =
            new EditGrid(model).run(image, edits, EditOptions.DEFAULT, Progress.NONE)) {
          int row = edits.size(); // the second image's cells
          double[] before = Tensors.doubles(cells.tensor().select(0, row));
          for (int k = 0; k < found.size(); k++) {
            double[] seen = change(before, Tensors.doubles(cells.tensor().select(0, row + 1 + k)));
            assertEquals(seen[0], shares[k], 1e-9);
            assertEquals(seen[1], amounts[k], 1e-9);
            assertEquals(AMOUNT, amounts[k], 0.2 * AMOUNT);
          }
        } finally {
          directions.forEach(Direction::close);
        }
        // Better than the whole picture's share, and the best one first.
        assertTrue(shares[0] > 8.0 * 6 / (16 * 16), "share " + shares[0]);
        assertTrue(found.size() == 1 || shares[0] >= shares[1]);
      }
    }
  }

  @Test
  void predictionsAreThoseOfTheVectorsThemselves() {
    try (Model model = TinyModel.open(DType.FLOAT64);
        PointerScope scope = new PointerScope()) {
      Tensor mask = MaskFile.read(MASK, 16, 16).to(ScalarType.Double);
      SamplingOptions sampling = SamplingOptions.DEFAULT.withSteps(2).withRecordH(false);
      try (Trajectory image = new Sampler(model).sample(new long[] {5}, sampling, Progress.NONE);
          DirectionSet vectors =
              new JacobianDirections(model).run(image, 0, options(mask, 2), Progress.NONE)) {
        double[] predicted = Tensors.doubles(vectors.figures().get("inside_predicted"));
        Tensor left = vectors.figures().get("left_vectors").flatten(0, 1); // (4, C, H, W)
        for (int i = 0; i < predicted.length; i++) {
          double[] change = Tensors.doubles(left.select(0, i));
          assertEquals(change(new double[change.length], change)[0], predicted[i], 1e-9);
        }
      }
    }
  }

  @Test
  void fewPixelsHaveFewVectors() {
    try (PointerScope scope = new PointerScope()) {
      Tensor one = MaskFile.read("2,2,1,1", 16, 16);
      assertEquals(1, LocalEdits.candidates(1, one));
      assertEquals(3, LocalEdits.candidates(3, one));
      assertEquals(8, LocalEdits.candidates(3, MaskFile.read(MASK, 16, 16)));
    }
  }

  @Test
  void misfitsAreNamed() {
    HspaceException none = assertThrows(HspaceException.class, () -> options(null, 1));
    assertTrue(none.getMessage().contains("expected a mask"), none.getMessage());
  }
}
