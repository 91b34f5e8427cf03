package org.hspace.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.hspace.HspaceException;
import org.hspace.evaluate.HeldEdits;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSpec;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.EditWork;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.Window;
import picocli.CommandLine.Option;

/** Which attributes of each image stay where they are. */
final class HoldMixin {
  private static final String ALL = "all";
  private static final String CONTROL = "-only";

  @Option(
      names = "--hold",
      paramLabel = "ATTRIBUTES",
      split = ",",
      order = 19,
      description =
          "Keep these attributes of each image where they are, all or some with commas between: what an edit does to them is"
              + " measured by the classifier on each image and taken back along the model's directions ATTRIBUTE-only. Takes"
              + " about five times as long.")
  private List<String> attributes;

  private HeldEdits.Held first; // of the cells made first; null before

  boolean given() {
    return attributes != null;
  }

  /** The attributes that names of an edit's directions begin with. */
  static Set<String> moved(Edit edit, Classifier classifier) {
    return edit.directions().stream()
        .map(part -> EvaluateDirections.attribute(part.direction().name(), classifier))
        .flatMap(Optional::stream)
        .collect(Collectors.toSet());
  }

  /**
   * What makes cells in which attributes are held; it says how far they were off.
   *
   * @param edits all that will be asked for
   * @param window in which they act
   * @param batch of the samples that give the scores' standard deviations, which are sampled as the
   *     first trajectory is
   * @param opened gets the directions that it opens, which its owner closes, also when one fails
   */
  Cells maker(
      Model model,
      Classifier classifier,
      List<Edit> edits,
      Window window,
      int batch,
      List<Direction> opened,
      Console console) {
    Set<String> moved = new TreeSet<>();
    edits.forEach(edit -> moved.addAll(moved(edit, classifier)));
    List<HeldEdits.Control> controls = controls(model, classifier, moved, opened);
    Set<String> controlled =
        controls.stream().map(HeldEdits.Control::attribute).collect(Collectors.toSet());
    if (edits.stream()
        .filter(edit -> !edit.directions().isEmpty())
        .allMatch(edit -> moved(edit, classifier).containsAll(controlled))) {
      throw new HspaceException(
          "--hold: expected attributes beside those that the edits are meant to move, "
              + String.join(", ", moved));
    }
    return new Cells() {
      private HeldEdits held;

      private HeldEdits held(Provenance provenance) {
        SamplingOptions sampling =
            SamplingOptions.DEFAULT
                .withSteps(provenance.steps())
                .withEta(EtaSchedule.list(provenance.etaValues()))
                .withBatch(batch)
                .withConditioning(provenance.conditioning());
        double[] deviations =
            HeldEdits.deviations(
                model, classifier, sampling, console.progress("measuring samples"));
        return new HeldEdits(model, classifier, controls, deviations, window);
      }

      @Override
      public Images make(
          Trajectory trajectory, List<Edit> columns, EditOptions options, Progress progress) {
        if (held == null) held = held(trajectory.provenance());
        HeldEdits.Held made =
            held.run(
                trajectory,
                columns,
                columns.stream().map(edit -> moved(edit, classifier)).toList(),
                options,
                progress);
        if (first == null) first = made;
        console.say(
            String.format(
                Locale.ROOT,
                "attributes off by %.2f standard deviations in the root mean square, by %.2f held",
                meanSquare(made.plain()),
                meanSquare(made.held())));
        return made.images();
      }

      @Override
      public EditWork work() {
        return held == null ? EditWork.NONE : held.work();
      }
    };
  }

  private static double meanSquare(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(v -> v * v).average().orElse(0));
  }

  /** Adds how far attributes were off in the first cells made, where they were held. */
  void addFigures(Map<String, Object> figures) {
    if (first == null) return;
    figures.put("off", first.plain());
    figures.put("off_held", first.held());
  }

  /**
   * Opens what brings attributes back: those that are held and those that edits move.
   *
   * @param opened gets the directions, which its owner closes, also when one fails
   */
  List<HeldEdits.Control> controls(
      Model model, Classifier classifier, Set<String> moved, List<Direction> opened) {
    Set<String> asked = new TreeSet<>(attributes);
    if (asked.remove(ALL)) asked.addAll(classifier.labels());
    for (String attribute : asked) {
      if (!classifier.labels().contains(attribute)) {
        throw new HspaceException(
            "--hold: expected all or some of the attributes "
                + String.join(", ", classifier.labels())
                + ", found '"
                + attribute
                + "'");
      }
    }
    asked.addAll(moved);
    List<String> names = model.directionNames();
    List<HeldEdits.Control> controls = new ArrayList<>();
    for (String attribute : asked) {
      String name = attribute + CONTROL;
      if (!names.contains(name)) {
        throw new HspaceException(
            "--hold: expected a direction "
                + name
                + " of the model, which brings "
                + attribute
                + " back, found "
                + (names.isEmpty() ? "none" : String.join(", ", names)));
      }
      DirectionSpec spec = DirectionSpec.parse(name);
      Direction direction = spec.resolve(model);
      opened.add(direction);
      controls.add(
          new HeldEdits.Control(attribute, direction, spec.suggestedStrength(model).orElse(1)));
    }
    return controls;
  }
}
