package org.hspace.app;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.directions.JacobianDirections;
import org.hspace.directions.JacobianOptions;
import org.hspace.directions.LocalEdits;
import org.hspace.linalg.SvdOptions;
import org.hspace.nativelib.NativeResource;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Trajectory;

/**
 * Directions of one image alone, found while somebody waits, on its preview: local edits under a
 * mask, singular vectors of the Jacobian for the whole image.
 */
public final class OwnDirections extends NativeResource {
  private static final int COUNT = 3;

  /** Local vectors of a timestep, of which edits are combined. */
  private static final int CANDIDATES = 4;

  private static final int BATCH = 16;

  /** Where along the preview's steps they are found: large forms, parts, details. */
  private static final double[] PLACES = {0.3, 0.55, 0.8};

  private final DirectionSet directions;
  private final List<Facts> facts;

  /**
   * How good one of them is.
   *
   * @param suggested the strength at which it shows what it does
   * @param residual of the vector, or the worst of those that a local edit is made of
   * @param converged whether that is within the tolerance
   * @param inside share of its squared change that is inside the mask, measured on the decoded
   *     picture; empty of singular vectors
   */
  public record Facts(
      double suggested, double residual, boolean converged, OptionalDouble inside) {}

  private OwnDirections(DirectionSet directions, List<Facts> facts) {
    this.directions = own(directions);
    this.facts = List.copyOf(facts);
  }

  /** The directions. */
  public DirectionSet directions() {
    return use(() -> directions);
  }

  /** Of each direction. */
  public List<Facts> facts() {
    return facts;
  }

  /**
   * Finds them.
   *
   * @param inside zeros and ones (H·W) of the picture; null for all of it
   * @return to be closed by the caller
   * @throws java.util.concurrent.CancellationException when the listener cancels
   */
  public static OwnDirections find(
      Model model, Subject subject, float[] inside, Progress progress) {
    Trajectory trajectory = subject.trajectory(Subject.Quality.PREVIEW);
    try (PointerScope scope = new PointerScope()) {
      JacobianOptions options = options(model, inside, trajectory.steps());
      DirectionSet vectors = new JacobianDirections(model).run(trajectory, 0, options, progress);
      if (inside == null) return whole(subject, vectors, progress);
      try (vectors) {
        return local(
            new LocalEdits(model)
                .run(
                    trajectory,
                    0,
                    vectors,
                    options,
                    Math.min(COUNT, options.svd().vectors()),
                    LocalEdits.AMOUNT,
                    BATCH,
                    progress));
      }
    }
  }

  /** Of the enclosing scope. */
  private static JacobianOptions options(Model model, float[] inside, int steps) {
    int[] picture = model.pictureShape(); // {C, H, W}
    Tensor mask =
        inside == null
            ? null
            : model.sampleMask(Tensor.create(inside, 1, 1, picture[1], picture[2]));
    SvdOptions svd =
        mask == null
            ? SvdOptions.of(COUNT)
            : LocalEdits.solver(COUNT, mask)
                .withVectors(Math.min(CANDIDATES, LocalEdits.candidates(1, mask)));
    int[] at = Arrays.stream(PLACES).mapToInt(place -> (int) (place * steps)).distinct().toArray();
    return mask == null
        ? JacobianOptions.of(svd, at, null, null, 0)
        : JacobianOptions.of(svd, at, mask, "drawn", LocalEdits.LAMBDA);
  }

  private static OwnDirections whole(Subject subject, DirectionSet vectors, Progress progress) {
    List<Direction> each = IntStream.range(0, vectors.size()).mapToObj(vectors::get).toList();
    try {
      double[] strengths = VisibleStrength.of(subject, each, null, progress);
      JacobianReport report = new JacobianReport(vectors, 0);
      List<Facts> facts = new ArrayList<>();
      for (int i = 0; i < strengths.length; i++) {
        int step = i / COUNT;
        int vector = i % COUNT;
        facts.add(
            new Facts(
                strengths[i],
                report.residuals()[step][vector],
                report.converged()[step][vector] != 0,
                OptionalDouble.empty()));
      }
      return new OwnDirections(vectors, facts);
    } catch (RuntimeException | Error e) {
      vectors.close();
      throw e;
    } finally {
      each.forEach(Direction::close);
    }
  }

  private static OwnDirections local(DirectionSet edits) {
    JacobianReport report = new JacobianReport(edits, 0);
    double residual =
        Arrays.stream(report.residuals()).flatMapToDouble(Arrays::stream).max().orElse(Double.NaN);
    boolean converged = report.notConverged().isEmpty();
    List<Facts> facts = new ArrayList<>();
    for (int k = 0; k < edits.size(); k++)
      facts.add(
          new Facts(
              edits.suggestedStrength(k).orElse(1),
              residual,
              converged,
              OptionalDouble.of(report.editMeasured()[k])));
    return new OwnDirections(edits, facts);
  }
}
