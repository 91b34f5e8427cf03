package org.hspace.app.demo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.hspace.directions.AmountSearch;
import org.hspace.directions.JacobianDirections;
import org.hspace.directions.JacobianOptions;
import org.hspace.directions.LocalEdits;
import org.hspace.directions.MaskedChanges;
import org.hspace.image.MaskFile;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.linalg.SvdOptions;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;

/**
 * Directions of one image alone: the singular vectors of the denoiser's Jacobian, local edits under
 * masks, and what both do to another image.
 */
public final class JacobianPanel implements Panel {
  private static final int VECTORS = 2;

  /** Timesteps of the vectors that local edits are made of. */
  private static final int TIMESTEPS = 6;

  /** Strength of a unit vector to begin the search of the usual amount with. */
  private static final double FIRST = 5;

  private final long seed;
  private final long other;
  private final double at;
  private final Map<String, double[]> regions;

  /**
   * Options.
   *
   * @param seed the image whose directions are found
   * @param other an image that they are tried on
   * @param at where in the trajectory those of the whole image are found: 0 is the first step, 1
   *     the last
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

  /** Edits of the image, at the strengths that change it by the usual amount, in one row. */
  private static final class Row extends NativeResource {
    final String name;
    final float[] inside; // (H·W), null for the whole image
    final DirectionSet found;
    final List<Direction> directions = new ArrayList<>();
    final double[] strengths;

    Row(String name, float[] inside, DirectionSet found, double[] strengths) {
      this.name = name;
      this.inside = inside;
      this.found = own(found);
      this.strengths = strengths;
      for (int k = 0; k < Math.min(VECTORS, found.size()); k++) directions.add(own(found.get(k)));
    }

    /** Each direction down and up. */
    List<Edit> edits() {
      List<Edit> edits = new ArrayList<>();
      for (int k = 0; k < directions.size(); k++) {
        for (double sign : new double[] {-1, 1}) {
          edits.add(Edit.of(new WeightedDirection(directions.get(k), sign * strengths[k])));
        }
      }
      return edits;
    }
  }

  @Override
  public List<Figure> draw(DemoContext context) {
    List<Row> rows = new ArrayList<>();
    try (PointerScope scope = new PointerScope();
        Trajectory trajectory =
            new Sampler(context.model()).draw(new long[] {seed}, context.sampling())) {
      rows.add(whole(context, trajectory));
      List<String> commands = new ArrayList<>();
      for (var region : regions.entrySet()) {
        String mask = rectangle(region.getValue(), context.model().pictureShape());
        rows.add(local(context, trajectory, region.getKey(), mask));
        String file = region.getKey() + ".safetensors";
        commands.add(
            "hspace jacobian --seed %d%s --mask %s --keep-outside %s --vectors %d --out %s"
                .formatted(seed, context.steps(), mask, LocalEdits.LAMBDA, VECTORS, file));
        commands.add(
            "hspace edit --seeds %d%s --direction %s:0 --out %s.png"
                .formatted(seed, context.steps(), file, region.getKey()));
      }
      return figures(context, rows, commands);
    } finally {
      rows.forEach(Row::close);
    }
  }

  /** A mask's text, in pixels. */
  private static String rectangle(double[] share, int[] shape) {
    long height = shape[1];
    long width = shape[2];
    return Math.round(share[0] * width)
        + ","
        + Math.round(share[1] * height)
        + ","
        + Math.max(1, Math.round(share[2] * width))
        + ","
        + Math.max(1, Math.round(share[3] * height));
  }

  /** Singular vectors of one timestep, each used at all. */
  private Row whole(DemoContext context, Trajectory trajectory) {
    Model model = context.model();
    int[] step = {(int) Math.round(at * (trajectory.steps() - 1))};
    DirectionSet found =
        find(context, trajectory, JacobianOptions.of(SvdOptions.of(VECTORS), step, null, null, 0));
    long[] image = Tensors.shape(trajectory.xT());
    Tensor everywhere = torch.ones(new long[] {1, 1, image[2], image[3]});
    MaskedChanges changes =
        new MaskedChanges(model, trajectory, 0, everywhere, context.sampling().batch());
    double[] first = new double[VECTORS];
    Arrays.fill(first, FIRST);
    AmountSearch search =
        new AmountSearch(
            changes,
            VECTORS,
            (copy, any) -> found.directions().select(0, copy).select(0, 0),
            first,
            LocalEdits.AMOUNT,
            context.progress(title()).silent());
    return new Row("whole image", null, found, search.strengths());
  }

  private Row local(DemoContext context, Trajectory trajectory, String name, String mask) {
    Model model = context.model();
    int[] shape = model.pictureShape();
    Tensor region = model.sampleMask(MaskFile.read(mask, shape[1], shape[2]));
    JacobianOptions options =
        JacobianOptions.of(
            LocalEdits.solver(VECTORS, region),
            JacobianOptions.spread(TIMESTEPS, trajectory.steps()),
            region,
            mask,
            LocalEdits.LAMBDA);
    try (DirectionSet vectors = find(context, trajectory, options)) {
      DirectionSet edits =
          new LocalEdits(model)
              .run(
                  trajectory,
                  0,
                  vectors,
                  options,
                  VECTORS,
                  LocalEdits.AMOUNT,
                  context.sampling().batch(),
                  context.progress("staying inside the " + name));
      double[] strengths = new double[edits.size()];
      Arrays.fill(strengths, 1);
      return new Row(name, MaskFile.inside(mask, shape[1], shape[2]), edits, strengths);
    }
  }

  private DirectionSet find(DemoContext context, Trajectory trajectory, JacobianOptions options) {
    return new JacobianDirections(context.model())
        .run(trajectory, 0, options, context.progress(title()));
  }

  private List<Figure> figures(DemoContext context, List<Row> rows, List<String> commands) {
    List<Edit> edits = new ArrayList<>(List.of(Edit.NONE));
    for (Row row : rows) edits.addAll(row.edits());
    long[] seeds = {seed, other};
    List<RgbImage> cells = context.edited(seeds, edits, "editing along image-specific directions");
    Figure own =
        new Figure(
            "jacobian",
            ("What changes seed %d most: singular vectors of the denoiser's Jacobian, and below them edits made of such vectors"
                    + " to change what is inside the line and not the rest. Each changes its part by the same amount.")
                .formatted(seed),
            sheet(rows, cells.subList(0, edits.size()), "Directions of seed " + seed + " alone"),
            true);
    Figure transfer =
        new Figure(
            "jacobian-transfer",
            "The directions found on seed %d, applied to seed %d at the same strengths: they were made for the other image."
                .formatted(seed, other),
            sheet(
                rows,
                cells.subList(edits.size(), 2 * edits.size()),
                "The same directions on seed " + other),
            false);
    return List.of(own.withCommands(commands.toArray(String[]::new)), transfer);
  }

  /**
   * A sheet of one image.
   *
   * @param cells the image, and then every row's edits of it
   */
  private static RgbImage sheet(List<Row> rows, List<RgbImage> cells, String title) {
    Sheet sheet =
        new Sheet(rows.size(), 2 * VECTORS + 1)
            .title(title)
            .columns(List.of("unedited", "0, −", "0, +", "1, −", "1, +"))
            .rows(rows.stream().map(row -> row.name).toList());
    int next = 1;
    for (int r = 0; r < rows.size(); r++) {
      Row row = rows.get(r);
      sheet.outline(r, row.inside).set(r, 0, cells.get(0));
      for (int i = 1; i <= 2 * row.directions.size(); i++) sheet.set(r, i, cells.get(next++));
    }
    return sheet.render();
  }
}
