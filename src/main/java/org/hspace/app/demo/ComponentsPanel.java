package org.hspace.app.demo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.app.Seeds;
import org.hspace.app.Strengths;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.PcaOptions;
import org.hspace.directions.PcaScope;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.WeightedDirection;

/** Global directions by PCA, and what moving along the leading ones does. */
public final class ComponentsPanel implements Panel {
  private static final int KEPT = 10;
  private static final int FIRST_SEED = 1000;

  private final int samples;
  private final int shown;
  private final long[] seeds;
  private final double[] strengths;

  /**
   * Options.
   *
   * @param samples trajectories that the PCA sees
   * @param shown leading components that get a grid
   * @param seeds rows of each grid; the first is the poster's
   * @param strengths columns of each grid, in standard deviations
   */
  public ComponentsPanel(int samples, int shown, long[] seeds, double[] strengths) {
    this.samples = samples;
    this.shown = shown;
    this.seeds = seeds.clone();
    this.strengths = strengths.clone();
  }

  @Override
  public String title() {
    return "principal components";
  }

  @Override
  public List<Figure> draw(DemoContext context) {
    // One PCA of whole trajectories: its components need no matching from one timestep to the next,
    // and few samples suffice.
    PcaOptions options =
        PcaOptions.DEFAULT
            .withComponents(KEPT)
            .withSamples(samples)
            .withScope(PcaScope.TRAJECTORY)
            .withFirstSeed(FIRST_SEED)
            .withSampling(context.sampling());
    DirectionSet components =
        new GlobalPca(context.model()).run(options, context.progress(title()));
    context.keep(components);
    components.save(context.folder().resolve("pca.safetensors"));
    double[] ratio =
        Tensors.doubles(components.figures().get("explained_variance_ratio")); // (1, k)
    context.figures().put("explained_variance_ratio", ratio);
    return grids(context, components, ratio);
  }

  private List<Figure> grids(DemoContext context, DirectionSet components, double[] ratio) {
    List<Figure> figures = new ArrayList<>();
    List<String> columns = Arrays.stream(strengths).mapToObj(ComponentsPanel::deviations).toList();
    List<String> rows = DemoContext.captions(seeds);
    Sheet overview =
        new Sheet(shown, strengths.length)
            .title("Principal components, moving seed " + seeds[0])
            .columns(columns);
    List<String> names = new ArrayList<>();
    List<List<RgbImage>> grids = edited(context, components);
    for (int k = 0; k < shown; k++) {
      List<RgbImage> cells = grids.get(k);
      String name = "component " + k;
      String share = String.format(Locale.ROOT, "%.1f %% of the variance", 100 * ratio[k]);
      Sheet sheet =
          new Sheet(seeds.length, strengths.length)
              .title(name + ", " + share)
              .columns(columns)
              .rows(rows);
      for (int i = 0; i < cells.size(); i++) {
        sheet.set(i / strengths.length, i % strengths.length, cells.get(i));
      }
      for (int column = 0; column < strengths.length; column++) {
        overview.set(k, column, cells.get(column));
      }
      names.add(name + "\n" + String.format(Locale.ROOT, "%.1f %%", 100 * ratio[k]));
      figures.add(
          new Figure(
                  "component-" + k,
                  "Moving along component "
                      + k
                      + " ("
                      + share
                      + "): each row one image, each column a strength.",
                  sheet.render(),
                  false)
              .withHeading("Component " + k)
              .withCommands(find(context), edit(context, rowsOf(seeds), List.of(k), name)));
    }
    figures.add(
        0,
        new Figure(
                "components",
                "The leading components of "
                    + samples
                    + " sampled trajectories, found without any label, and the share of the"
                    + " variance that each explains. A component is what varies together, which may be several attributes.",
                overview.rows(names).render(),
                true)
            .withHeading("Principal components")
            .withCommands(
                find(context),
                edit(
                    context,
                    rowsOf(seeds[0]),
                    IntStream.range(0, shown).boxed().toList(),
                    "components")));
    return figures;
  }

  /** The command that finds the components. */
  private String find(DemoContext context) {
    return "hspace pca --samples %d --first-seed %d --components %d --scope trajectory%s --out pca.safetensors"
        .formatted(samples, FIRST_SEED, KEPT, context.steps());
  }

  private String edit(DemoContext context, String rows, List<Integer> components, String name) {
    StringBuilder directions = new StringBuilder();
    for (int k : components) directions.append(" --direction pca.safetensors:").append(k);
    return "hspace edit --seeds %s%s%s%s --strengths=%s --out %s.png"
        .formatted(
            rows,
            context.steps(),
            components.size() > 1 ? " --each" : "",
            directions,
            Arrays.stream(strengths).mapToObj(Strengths::digits).collect(Collectors.joining(",")),
            name.replace(' ', '-'));
  }

  private static String rowsOf(long... seeds) {
    return new Seeds(seeds).text();
  }

  /**
   * Of each component its cells, row by row; decoded as one grid, whose unedited column they share.
   */
  private List<List<RgbImage>> edited(DemoContext context, DirectionSet components) {
    List<Direction> directions = new ArrayList<>();
    List<Edit> edits = new ArrayList<>(List.of(Edit.NONE));
    try (PointerScope scope = new PointerScope();
        Trajectory trajectory = new Sampler(context.model()).draw(seeds, context.sampling())) {
      for (int k = 0; k < shown; k++) {
        Direction direction = components.get(k);
        directions.add(direction);
        for (double strength : strengths) {
          if (strength != 0) {
            edits.add(Edit.of(new WeightedDirection(direction, strength)));
          }
        }
      }
      try (Images images = // rows · edits
          new EditGrid(context.model())
              .run(
                  trajectory,
                  edits,
                  context.editing(),
                  context.progress("editing along components"))) {
        return arranged(images.pictures(), edits.size());
      }
    } finally {
      directions.forEach(Direction::close);
    }
  }

  private List<List<RgbImage>> arranged(List<RgbImage> images, int edits) {
    List<List<RgbImage>> grids = new ArrayList<>();
    int moving = (int) Arrays.stream(strengths).filter(strength -> strength != 0).count();
    for (int k = 0; k < shown; k++) {
      List<RgbImage> cells = new ArrayList<>();
      for (int row = 0; row < seeds.length; row++) {
        int next = row * edits + 1 + k * moving;
        for (double strength : strengths) {
          cells.add(images.get(strength == 0 ? row * edits : next++));
        }
      }
      grids.add(cells);
    }
    return grids;
  }

  /** A strength in standard deviations, as a caption. */
  private static String deviations(double strength) {
    String digits =
        String.format(Locale.ROOT, "%.1f", Math.abs(strength)).replaceFirst("\\.0$", "");
    return strength == 0 ? "unedited" : (strength < 0 ? "−" : "+") + digits + " sd";
  }
}
