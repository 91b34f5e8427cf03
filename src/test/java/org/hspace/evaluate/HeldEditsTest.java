package org.hspace.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Locality;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.NoiseSchedule;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;
import org.hspace.pipeline.Window;
import org.junit.jupiter.api.Test;

class HeldEditsTest {
  private static final int STEPS = 3;
  private static final long[] SEEDS = {5, 6};
  private static final List<String> ATTRIBUTES = List.of("yaw", "smile", "age");

  @Test
  void othersComeBackAndWhatWasMovedStays() {
    // New noise inside a drawn region too: each row's own.
    Locality local =
        Locality.NONE
            .withRelax(OptionalDouble.of(0.5))
            .withMask(Tensors.of(filled(16 * 16, 1), 1, 1, 16, 16));
    for (Locality locality : List.of(Locality.NONE, local)) {
      held(EditOptions.DEFAULT.withLocality(locality));
    }
  }

  private static void held(EditOptions options) {
    try (Model model = TinyModel.open(DType.FLOAT64);
        Classifier classifier = TinyClassifier.open();
        PointerScope scope = new PointerScope()) {
      SamplingOptions sampling = SamplingOptions.DEFAULT.withSteps(STEPS);
      double[] deviations = HeldEdits.deviations(model, classifier, sampling, Progress.NONE);
      List<HeldEdits.Control> controls = new ArrayList<>();
      for (int k = 0; k < ATTRIBUTES.size(); k++) {
        String name = ATTRIBUTES.get(k);
        controls.add(new HeldEdits.Control(name, direction(model, name + "-only", k), 1));
      }
      Edit edit = Edit.of(new WeightedDirection(direction(model, "smile", 9), 2));
      List<Edit> edits = List.of(Edit.NONE, edit);
      List<Set<String>> moved = List.of(Set.of(), Set.of("smile"));
      Trajectory both = new Sampler(model).draw(SEEDS, sampling);
      HeldEdits.Held found =
          new HeldEdits(model, classifier, controls, deviations, Window.ALL)
              .run(both, edits, moved, options, Progress.NONE);
      double before = 0;
      double after = 0;
      for (int row = 0; row < SEEDS.length; row++) {
        Locality own = options.locality().withSeed(options.locality().seed() + row);
        Trajectory one = new Sampler(model).draw(new long[] {SEEDS[row]}, sampling);
        Tensor original = decode(model, one, List.of(Edit.NONE), options.withLocality(own));
        Tensor plain = decode(model, one, edits, options.withLocality(own));
        for (int column = 0; column < edits.size(); column++) {
          int cell = row * edits.size() + column;
          Tensor expected =
              decode(model, one, List.of(found.edits().get(cell)), options.withLocality(own));
          Tensor image = found.images().tensor().narrow(0, cell, 1);
          assertEquals(0, largest(image.sub(expected)), 1e-9, "cell " + cell);
          Tensor uncorrected = plain.narrow(0, column, 1);
          Tensor[] wanted = {original, column == 0 ? original : uncorrected, original};
          assertEquals(off(classifier, deviations, uncorrected, wanted), found.plain()[cell], 1e-4);
          assertEquals(off(classifier, deviations, image, wanted), found.held()[cell], 1e-4);
          assertTrue(found.held()[cell] <= found.plain()[cell]);
          if (column == 0) assertEquals(Edit.NONE, found.edits().get(cell));
          before += found.plain()[cell];
          after += found.held()[cell];
        }
      }
      assertTrue(before > 0);
      // New noise changes more than a weak direction can take back.
      if (options.locality() == Locality.NONE)
        assertTrue(after < 0.5 * before, after + " of " + before);
    }
  }

  @Test
  void whatCannotBeHeldIsRefused() {
    try (Model model = TinyModel.open(DType.FLOAT32);
        Classifier classifier = TinyClassifier.open();
        PointerScope scope = new PointerScope()) {
      Direction direction = direction(model, "yaw-only", 0);
      assertThrows(
          HspaceException.class, () -> new HeldEdits.Control("yaw", direction, Double.NaN));
      List<HeldEdits.Control> controls = List.of(new HeldEdits.Control("yaw", direction, 1));
      HspaceException e =
          assertThrows(
              HspaceException.class,
              () -> new HeldEdits(model, classifier, controls, new double[5], Window.ALL));
      assertTrue(e.getMessage().contains("yaw"), e.getMessage());
    }
  }

  private static Tensor decode(
      Model model, Trajectory trajectory, List<Edit> edits, EditOptions options) {
    Images images = new EditGrid(model).run(trajectory, edits, options, Progress.NONE);
    return images.tensor();
  }

  /** Root mean square over the attributes of how far each is from where it should be. */
  private static double off(
      Classifier classifier, double[] deviations, Tensor image, Tensor[] wanted) {
    double[] found = Tensors.doubles(classifier.scores(image));
    double sum = 0;
    for (int k = 0; k < ATTRIBUTES.size(); k++) {
      int column = classifier.column(ATTRIBUTES.get(k));
      double should = Tensors.doubles(classifier.scores(wanted[k]))[column];
      sum += Math.pow((found[column] - should) / deviations[column], 2);
    }
    return Math.sqrt(sum / ATTRIBUTES.size());
  }

  private static double largest(Tensor t) {
    return Tensors.doubles(t.abs().max())[0];
  }

  private static double[] filled(int size, double value) {
    double[] values = new double[size];
    Arrays.fill(values, value);
    return values;
  }

  private static Direction direction(Model model, String name, long seed) {
    double[] values = new Random(seed).doubles(STEPS * 256L, -1, 1).toArray();
    int[] timesteps = NoiseSchedule.of(model.schedulerConfig()).lattice(STEPS).timesteps();
    return new Direction(name, Tensors.of(values, STEPS, 16, 4, 4), timesteps, HSpace.AFTER);
  }
}
