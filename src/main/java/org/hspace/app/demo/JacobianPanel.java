package org.hspace.app.demo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.directions.JacobianDirections;
import org.hspace.directions.JacobianOptions;
import org.hspace.directions.LocalEdits;
import org.hspace.image.MaskFile;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.linalg.SvdOptions;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionAlgebra;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;

/**
 * Directions of one image alone: the singular vectors of the denoiser's Jacobian of the whole
 * image, local edits under masks, and what they do to another image.
 */
public final class JacobianPanel implements Panel {
  private static final int VECTORS = 2;

  /** Length of an edit, in lengths of the first principal component at one standard deviation. */
  private static final double LENGTH = 4;

  /** Weight of a local vector's own length. */
  private static final double KEEP_OUTSIDE = 1e-3;

  /** Timesteps whose local vectors are combined, at most. */
  private static final int TIMESTEPS = 10;

  private final long seed;
  private final long other;
  private final double at;
  private final Map<String, double[]> regions;

  /**
   * Options.
   *
   * @param seed the image whose directions are found
   * @param other an image that they are tried on
   * @param at where in the trajectory they are found: 0 is the first step, 1 the last
   * @param regions rectangles {x, y, w, h} by name, as shares of the image's width and height
   */
  public JacobianPanel(long seed, long other, double at, Map<String, double[]> regions) {
    this.seed = seed;
    this.other = other;
    this.at = at;
    this.regions = new LinkedHashMap<>(regions);
  }

  @Override
  public String title() {
    return "image-specific directions";
  }

  @Override
  public List<Figure> draw(DemoContext context) {
    List<Direction> directions = new ArrayList<>();
    List<String> rows = new ArrayList<>();
    try (PointerScope scope = new PointerScope();
        Trajectory trajectory =
            new Sampler(context.model()).draw(new long[] {seed}, context.sampling())) {
      find(context, trajectory, directions);
      rows.add("whole image");
      int[] shape = context.model().pictureShape();
      for (var region : regions.entrySet()) {
        findLocal(context, trajectory, mask(region.getValue(), shape[1], shape[2]), directions);
        rows.add("kept inside:\n" + region.getKey());
      }
      return sheets(context, directions, rows);
    } finally {
      directions.forEach(Direction::close);
    }
  }

  private static String mask(double[] share, int height, int width) {
    return Math.round(share[0] * width)
        + ","
        + Math.round(share[1] * height)
        + ","
        + Math.max(1, Math.round(share[2] * width))
        + ","
        + Math.max(1, Math.round(share[3] * height));
  }

  /** Adds singular vectors of the whole image. */
  private void find(DemoContext context, Trajectory trajectory, List<Direction> directions) {
    int step = (int) Math.round(at * (trajectory.steps() - 1));
    JacobianOptions defaults = JacobianOptions.DEFAULT;
    JacobianOptions options =
        new JacobianOptions(
            SvdOptions.of(VECTORS),
            true,
            new int[] {step},
            null,
            null,
            0,
            defaults.injectInto(),
            defaults.memory());
    try (DirectionSet found =
        new JacobianDirections(context.model())
            .run(trajectory, 0, options, context.progress(title()))) {
      for (int k = 0; k < VECTORS; k++) {
        try (Direction one = found.get(k)) {
          Direction unit = DirectionAlgebra.normalize(one);
          directions.add(scaled(unit, LENGTH * componentLength(context)));
        }
      }
    }
  }

  /** Closes the direction that it scales. */
  private static Direction scaled(Direction direction, double factor) {
    try (direction) {
      return DirectionAlgebra.scale(direction, factor);
    }
  }

  /** Adds local edits, at the strength that changes the mask by the usual amount. */
  private void findLocal(
      DemoContext context, Trajectory trajectory, String mask, List<Direction> directions) {
    int[] shape = context.model().pictureShape();
    int stride = (trajectory.steps() + TIMESTEPS - 1) / TIMESTEPS;
    Tensor inside = context.model().sampleMask(MaskFile.read(mask, shape[1], shape[2]));
    JacobianOptions defaults = JacobianOptions.DEFAULT;
    JacobianOptions options =
        new JacobianOptions(
            LocalEdits.solver(VECTORS, inside),
            true,
            IntStream.iterate(0, i -> i < trajectory.steps(), i -> i + stride).toArray(),
            inside,
            mask,
            KEEP_OUTSIDE,
            defaults.injectInto(),
            defaults.memory());
    try (DirectionSet vectors =
            new JacobianDirections(context.model())
                .run(trajectory, 0, options, context.progress(title()));
        DirectionSet found =
            new LocalEdits(context.model())
                .run(
                    trajectory,
                    0,
                    vectors,
                    options,
                    VECTORS,
                    LocalEdits.AMOUNT,
                    context.sampling().batch(),
                    context.progress(title()))) {
      // Of one edit alone the second is its like: the sheet has two columns of each.
      for (int k = 0; k < VECTORS; k++) directions.add(found.get(Math.min(k, found.size() - 1)));
    }
  }

  private List<Figure> sheets(DemoContext context, List<Direction> directions, List<String> rows) {
    List<Edit> edits = new ArrayList<>(List.of(Edit.NONE));
    for (Direction direction : directions) {
      edits.add(Edit.of(new WeightedDirection(direction, -1)));
      edits.add(Edit.of(new WeightedDirection(direction, 1)));
    }
    long[] seeds = {seed, other};
    List<RgbImage> cells = context.edited(seeds, edits, "editing along image-specific directions");
    List<Figure> figures = new ArrayList<>();
    for (int image = 0; image < seeds.length; image++) {
      boolean own = image == 0;
      Sheet sheet =
          new Sheet(rows.size(), 5)
              .title(
                  own
                      ? "Directions of seed " + seed + " alone"
                      : "The same directions on seed " + seeds[image])
              .columns(
                  List.of("vector 0, −", "vector 0, +", "unedited", "vector 1, −", "vector 1, +"))
              .rows(rows);
      for (int row = 0; row < rows.size(); row++) {
        int none = image * edits.size();
        int first = none + 1 + 4 * row;
        int[] order = {first, first + 1, none, first + 2, first + 3};
        for (int column = 0; column < order.length; column++) {
          sheet.set(row, column, cells.get(order[column]));
        }
      }
      figures.add(
          new Figure(
              own ? "jacobian" : "jacobian-transfer",
              own
                  ? "What changes this image's denoising most: singular vectors of the denoiser's Jacobian. Under a mask, what"
                      + " changes the region most and the rest least, by a tenth of a pixel's range."
                  : "The directions found on one image, applied to another at the same strength.",
              sheet.render(),
              own));
    }
    return figures;
  }

  /** Norm of the first principal component at one timestep, root mean square over the timesteps. */
  private static double componentLength(DemoContext context) {
    try (PointerScope scope = new PointerScope()) {
      Tensor delta = context.components().directions().select(0, 0); // (T, c, h, w)
      double[] values = Tensors.doubles(delta);
      return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum() / delta.size(0));
    }
  }
}
