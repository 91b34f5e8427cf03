package org.hspace.app.demo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.directions.JacobianDirections;
import org.hspace.directions.JacobianOptions;
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
 * Directions of one image alone: the singular vectors of the denoiser's Jacobian, of the whole
 * image and under masks, and what they do to another image.
 */
public final class JacobianPanel implements Panel {
  private static final int VECTORS = 2;

  /** Length of an edit, in lengths of the first principal component at one standard deviation. */
  private static final double LENGTH = 4;

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
      find(context, trajectory, null, directions);
      rows.add("whole image");
      int[] shape = context.model().pictureShape();
      for (var region : regions.entrySet()) {
        find(
            context,
            trajectory,
            context.model().sampleMask(mask(region.getValue(), shape[1], shape[2])),
            directions);
        rows.add("under a mask:\n" + region.getKey());
      }
      return sheets(context, directions, rows);
    } finally {
      directions.forEach(Direction::close);
    }
  }

  private static Tensor mask(double[] share, int height, int width) {
    return MaskFile.read(
        Math.round(share[0] * width)
            + ","
            + Math.round(share[1] * height)
            + ","
            + Math.max(1, Math.round(share[2] * width))
            + ","
            + Math.max(1, Math.round(share[3] * height)),
        height,
        width);
  }

  /** Adds unit directions: the edit's length is chosen when it is applied. */
  private void find(
      DemoContext context, Trajectory trajectory, Tensor mask, List<Direction> directions) {
    int step = (int) Math.round(at * (trajectory.steps() - 1));
    JacobianOptions defaults = JacobianOptions.DEFAULT;
    JacobianOptions options =
        new JacobianOptions(
            SvdOptions.of(VECTORS),
            true,
            new int[] {step},
            mask,
            mask == null ? null : "region",
            0,
            defaults.injectInto(),
            defaults.memory());
    try (DirectionSet found =
        new JacobianDirections(context.model())
            .run(trajectory, 0, options, context.progress(title()))) {
      for (int k = 0; k < VECTORS; k++) {
        try (Direction one = found.get(k)) {
          directions.add(DirectionAlgebra.normalize(one));
        }
      }
    }
  }

  private List<Figure> sheets(DemoContext context, List<Direction> directions, List<String> rows) {
    double strength = LENGTH * componentLength(context);
    List<Edit> edits = new ArrayList<>(List.of(Edit.NONE));
    for (Direction direction : directions) {
      edits.add(Edit.of(new WeightedDirection(direction, -strength)));
      edits.add(Edit.of(new WeightedDirection(direction, strength)));
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
                  ? "What changes this image's denoising most, of the whole image and within a region: singular vectors of the"
                      + " denoiser's Jacobian."
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
