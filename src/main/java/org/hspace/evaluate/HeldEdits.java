package org.hspace.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.EditWork;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;
import org.hspace.pipeline.Window;

/**
 * Edits under which the other attributes of each image stay where they are.
 *
 * <p>What a direction does besides differs from image to image: in the mean it can be projected
 * away, in one image it cannot. So each image is edited along every control, up and down, to see
 * how its scores answer; then an edit is corrected along the controls, a damped Gauss-Newton step
 * at a time with Broyden's update of the answers in between, and of all that was decoded the
 * picture is kept whose attributes are nearest to where they should be: those that the edit is
 * meant to move where it moved them, the others where they were.
 */
public final class HeldEdits {
  private static final int CORRECTIONS = 3;

  /** That scores' standard deviations are taken over, where nobody knows them. */
  private static final int SAMPLES = 64;

  /** Share of the strongest control's squared answers that a correction costs. */
  private static final double RIDGE = 0.05;

  /** Largest change of a control in one correction, and in all of them, in units. */
  private static final double STEP = 1;

  private static final double REACH = 2;

  /**
   * What brings an attribute back.
   *
   * @param attribute of the classifier
   * @param direction moves it; not owned
   * @param unit strength at which it does so visibly, above 0
   */
  public record Control(String attribute, Direction direction, double unit) {
    public Control {
      if (!(unit > 0 && Double.isFinite(unit)))
        throw new HspaceException(
            "direction " + direction.name() + ": expected a strength above 0, found " + unit);
    }
  }

  /**
   * Edited images.
   *
   * @param images N·S, row by row; owned by the caller
   * @param edits what each was made by, corrections among it (N·S)
   * @param plain how far the attributes were off without corrections, root mean square over them,
   *     in standard deviations (N·S)
   * @param held the same of the images (N·S)
   */
  public record Held(Images images, List<Edit> edits, double[] plain, double[] held) {}

  private final Model model;
  private final EditGrid grid;
  private final Classifier classifier;
  private final List<Control> controls; // K
  private final int[] columns; // of each control's attribute (K)
  private final double[] deviations; // of the attributes' scores (K)
  private final Window window;

  /**
   * For some attributes.
   *
   * @param model not owned
   * @param classifier not owned
   * @param controls K, each of another attribute
   * @param deviations of every score of the classifier, over samples
   * @param window the part of the trajectory in which corrections act
   */
  public HeldEdits(
      Model model,
      Classifier classifier,
      List<Control> controls,
      double[] deviations,
      Window window) {
    this.window = window;
    this.model = model;
    this.grid = new EditGrid(model);
    this.classifier = classifier;
    this.controls = List.copyOf(controls);
    this.columns =
        controls.stream().mapToInt(control -> classifier.column(control.attribute())).toArray();
    this.deviations = Arrays.stream(columns).mapToDouble(column -> deviations[column]).toArray();
    for (int i = 0; i < columns.length; i++) {
      if (!(this.deviations[i] > 0))
        throw new HspaceException(
            "attribute " + controls.get(i).attribute() + ": all samples have the same score");
    }
  }

  /** What all edits took so far. */
  public EditWork work() {
    return grid.work();
  }

  /** How many images are decoded for one image's edits. */
  static long images(int controls, int edits) {
    return 1L + 2L * controls + (1L + CORRECTIONS) * edits;
  }

  /**
   * Standard deviations of every score of the classifier, over a few samples of the model's own.
   *
   * @param sampling how they are sampled
   */
  public static double[] deviations(
      Model model, Classifier classifier, SamplingOptions sampling, Progress progress) {
    int[] done = {0};
    Moments scores = new Moments(classifier.labels().size());
    long first = EffectOptions.DEFAULT.firstSeed();
    new ScoredEdits(model, classifier, sampling, EditOptions.DEFAULT)
        .run(
            LongStream.range(first, first + SAMPLES).toArray(),
            List.of(),
            new double[0],
            (before, after, x, y) -> scores.add(before),
            () -> progress.report(++done[0], SAMPLES, "images"));
    return scores.deviations();
  }

  /**
   * Edits every row.
   *
   * @param edits S of them; one without directions stays as it is
   * @param moved attributes that each is meant to move (S)
   * @param options the seed of new noise is that of the first row
   */
  public Held run(
      Trajectory trajectory,
      List<Edit> edits,
      List<Set<String>> moved,
      EditOptions options,
      Progress progress) {
    int rows = trajectory.rows();
    List<Edit> made = new ArrayList<>();
    double[] plain = new double[rows * edits.size()];
    double[] held = new double[rows * edits.size()];
    Images images =
        new Images(
            model,
            () -> {
              List<Tensor> all = new ArrayList<>(); // (S, C, H, W) each
              for (int row = 0; row < rows; row++) {
                EditOptions own =
                    options.withLocality(
                        options.locality().withSeed(options.locality().seed() + row));
                int from = row * edits.size();
                try (Trajectory one = row(trajectory, row)) {
                  Image image = new Image(one, edits, moved, own);
                  all.add(Tensors.scoped(image::run));
                  made.addAll(image.best);
                  System.arraycopy(image.plain, 0, plain, from, edits.size());
                  System.arraycopy(image.held, 0, held, from, edits.size());
                }
                progress.report(row + 1, rows, "images");
              }
              return Tensors.cat(all, 0);
            });
    return new Held(images, made, plain, held);
  }

  private static Trajectory row(Trajectory trajectory, int row) {
    Tensor z = trajectory.z();
    return new Trajectory(
        trajectory.xT().narrow(0, row, 1).contiguous(),
        z == null ? null : z.narrow(0, row, 1).contiguous(),
        null,
        null,
        trajectory.lattice(),
        trajectory.provenance());
  }

  /** One image with its edits. */
  private final class Image {
    private final Trajectory trajectory;
    private final List<Edit> edits; // S
    private final List<Set<String>> moved;
    private final EditOptions options;
    private final List<Edit> best;
    private final double[] plain;
    private final double[] held;

    Image(Trajectory trajectory, List<Edit> edits, List<Set<String>> moved, EditOptions options) {
      this.trajectory = trajectory;
      this.edits = edits;
      this.moved = moved;
      this.options = options;
      this.best = new ArrayList<>(edits);
      this.plain = new double[edits.size()];
      this.held = new double[edits.size()];
    }

    /** The best images (S, C, H, W). */
    Tensor run() {
      int s = edits.size();
      double[][] probed = scores(decode(probes())); // (1 + 2K, K)
      RealVector original = new ArrayRealVector(probed[0]);
      RealMatrix[] answers = new RealMatrix[s]; // scores by units of the controls (K, K)
      RealVector[] wanted = new RealVector[s];
      RealVector[] weights = new RealVector[s]; // in units
      RealVector[] off = new RealVector[s];
      RealVector[] step = new RealVector[s];
      for (int i = 0; i < s; i++) {
        answers[i] = answers(probed);
        weights[i] = new ArrayRealVector(controls.size());
      }
      Tensor kept = decode(edits);
      double[][] now = scores(kept);
      for (int i = 0; i < s; i++) {
        wanted[i] = original.copy();
        for (int k = 0; k < controls.size(); k++) {
          if (moved.get(i).contains(controls.get(k).attribute())) wanted[i].setEntry(k, now[i][k]);
        }
        off[i] = new ArrayRealVector(now[i]).subtract(wanted[i]);
        plain[i] = held[i] = size(off[i]);
      }
      for (int round = 0; round < CORRECTIONS; round++) {
        for (int i = 0; i < s; i++) {
          step[i] = step(answers[i], off[i], weights[i]);
          weights[i] = weights[i].add(step[i]);
        }
        List<Edit> trying = new ArrayList<>();
        for (int i = 0; i < s; i++) trying.add(corrected(edits.get(i), weights[i]));
        Tensor made = decode(trying);
        now = scores(made);
        for (int i = 0; i < s; i++) {
          RealVector then = new ArrayRealVector(now[i]).subtract(wanted[i]);
          learn(answers[i], step[i], then.subtract(off[i]));
          off[i] = then;
          if (size(then) >= held[i]) continue;
          held[i] = size(then);
          best.set(i, trying.get(i));
          kept.select(0, i).copy_(made.select(0, i));
        }
      }
      return kept;
    }

    /** The image itself, and along each control up and down. */
    private List<Edit> probes() {
      List<Edit> probes = new ArrayList<>(List.of(Edit.NONE));
      for (Control control : controls) {
        for (double sign : new double[] {1, -1})
          probes.add(
              Edit.of(new WeightedDirection(control.direction(), sign * control.unit(), window)));
      }
      return probes;
    }

    private Tensor decode(List<Edit> trying) {
      try (Images images = grid.run(trajectory, trying, options, Progress.NONE)) {
        return images.tensor();
      }
    }

    /** Scores of the controls' attributes, in standard deviations (n, K). */
    private double[][] scores(Tensor images) {
      try (PointerScope scope = new PointerScope()) {
        double[][] all = Tensors.rows(classifier.scores(model.pictures(images)));
        double[][] own = new double[all.length][columns.length];
        for (int i = 0; i < all.length; i++) {
          for (int k = 0; k < columns.length; k++) own[i][k] = all[i][columns[k]] / deviations[k];
        }
        return own;
      }
    }
  }

  private RealMatrix answers(double[][] probed) {
    int k = controls.size();
    RealMatrix answers = new Array2DRowRealMatrix(k, k);
    for (int j = 0; j < k; j++) {
      for (int i = 0; i < k; i++)
        answers.setEntry(i, j, (probed[1 + 2 * j][i] - probed[2 + 2 * j][i]) / 2);
    }
    return answers;
  }

  /** A ridge regression's step, no longer than controls may go. */
  private static RealVector step(RealMatrix answers, RealVector off, RealVector weights) {
    RealMatrix normal = answers.transpose().multiply(answers);
    double strongest = 0;
    for (int k = 0; k < normal.getRowDimension(); k++)
      strongest = Math.max(strongest, normal.getEntry(k, k));
    if (!(strongest > 0)) return weights.mapMultiply(0); // nothing answers
    RealMatrix ridge =
        MatrixUtils.createRealIdentityMatrix(normal.getRowDimension()).scalarMultiply(RIDGE);
    RealVector wanted =
        new CholeskyDecomposition(normal.scalarMultiply(1 / strongest).add(ridge))
            .getSolver()
            .solve(answers.transpose().operate(off).mapDivide(strongest))
            .mapMultiply(-1);
    for (int k = 0; k < wanted.getDimension(); k++) {
      double to = weights.getEntry(k) + bounded(wanted.getEntry(k), STEP);
      wanted.setEntry(k, bounded(to, REACH) - weights.getEntry(k));
    }
    return wanted;
  }

  private static double bounded(double value, double most) {
    return Math.max(-most, Math.min(most, value));
  }

  /** Broyden's update: what the step was seen to do. */
  private static void learn(RealMatrix answers, RealVector step, RealVector done) {
    double length = step.dotProduct(step);
    if (length == 0) return;
    RealVector missed = done.subtract(answers.operate(step)).mapDivide(length);
    RealMatrix more = missed.outerProduct(step);
    for (int i = 0; i < answers.getRowDimension(); i++) {
      for (int j = 0; j < answers.getColumnDimension(); j++)
        answers.addToEntry(i, j, more.getEntry(i, j));
    }
  }

  private Edit corrected(Edit edit, RealVector weights) {
    if (edit.directions().isEmpty()) return edit;
    List<WeightedDirection> all = new ArrayList<>(edit.directions());
    for (int k = 0; k < controls.size(); k++) {
      Control control = controls.get(k);
      all.add(
          new WeightedDirection(control.direction(), weights.getEntry(k) * control.unit(), window));
    }
    return new Edit(all);
  }

  private static double size(RealVector off) {
    return Math.sqrt(
        IntStream.range(0, off.getDimension())
            .mapToDouble(k -> off.getEntry(k) * off.getEntry(k))
            .average()
            .orElse(0));
  }
}
