package org.hspace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.HspaceException;
import org.hspace.app.EditPlan;
import org.hspace.app.Seeds;
import org.hspace.app.Strengths;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSpec;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.Window;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hspace edit}: a grid of edited images. */
@Command(
    name = "edit",
    sortOptions = false,
    description = {
      "Edits images along directions: one row an image, one column a strength.",
      "Directions without a strength of their own are scaled by --strengths; those with =STRENGTH keep it in all columns."
    },
    footer = {
      "",
      "Example: hspace edit --seeds 0-3 --direction pca.safetensors:0 --strengths=-3,-1.5,0,1.5,3 --out grid.png"
    })
final class EditCommand extends HspaceCommand {
  /** Where the images come from. */
  static final class Source extends TrajectorySource {
    @Option(
        names = "--seeds",
        paramLabel = "SEEDS",
        order = 1,
        description = "Sample these: numbers and ranges such as 0-15,20 (default: 0-3).")
    private Seeds seeds;

    @Option(
        names = "--trajectory",
        paramLabel = "FILE",
        order = 2,
        description = "Take the images of a trajectory file (of sample --save, or invert).")
    @Reads
    private Path trajectory;

    @Override
    Path file() {
      return trajectory;
    }

    @Override
    Seeds seeds() {
      return seeds == null ? Seeds.parse("0-3") : seeds;
    }
  }

  @ArgGroup(multiplicity = "0..1")
  private Source source = new Source();

  @Option(
      names = "--direction",
      paramLabel = "DIRECTION",
      required = true,
      order = 3,
      description =
          "FILE:NUMBER, FILE:NAME or a NAME of the model's own directions, each with or without =STRENGTH; may be"
              + " repeated, the directions add up.")
  @Reads
  private List<DirectionSpec> directions;

  @Option(
      names = "--strengths",
      paramLabel = "LIST",
      order = 4,
      description =
          "Columns of the grid; write --strengths=LIST (default: -2 to 2 times the strength that a direction's file"
              + " suggests, or -3,-1.5,0,1.5,3).")
  private Strengths strengths;

  @Option(
      names = "--each",
      order = 5,
      description = "One row for each direction without =STRENGTH, instead of all of them at once.")
  private boolean each;

  @Option(
      names = "--sequential",
      order = 5,
      description = "Each column adds one direction; all of them need =STRENGTH.")
  private boolean sequential;

  @Option(
      names = "--window",
      paramLabel = "FROM-TO",
      order = 5,
      description =
          "Edit in this part of the trajectory only; 0 is the first step, 1 the last (default: 0-1).")
  private Window window = Window.ALL;

  @Option(
      names = "--asymmetric",
      order = 6,
      description =
          "Add the direction to the predicted x_0 only (Asyrp), not to both terms of a step.")
  private boolean asymmetric;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      order = 7,
      description = "PNG or JPEG of the captioned grid.")
  @Writes(Writes.As.PICTURE)
  private Path out;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      order = 8,
      description = "Also write every cell as it is, DIR/row-R-column-C.png.")
  @Writes(value = Writes.As.FOLDER, names = "row-\\d+-column-\\d+\\.png")
  private Path images;

  @Mixin private SamplingMixin lattice;
  @Mixin private InjectMixin inject;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    EditPlan.check(ownStrengths(), strengths, mode());
    if (images != null) {
      Pictures.makeFolder(images);
    }
    loadLibraries();
    try (Model model = modelOptions.open(console());
        PointerScope scope = new PointerScope()) {
      Pictures.checkDrawable(model, "--out");
      List<Direction> loaded = new ArrayList<>();
      try {
        for (DirectionSpec spec : directions) {
          loaded.add(spec.resolve(model));
        }
        try (Trajectory trajectory = source.open(model, lattice, false, console())) {
          draw(
              model,
              trajectory,
              EditPlan.of(
                  loaded, ownStrengths(), strengths, suggestedStrengths(model), window, mode()));
        }
      } finally {
        loaded.forEach(Direction::close);
      }
    }
  }

  private EditPlan.Mode mode() {
    if (each && sequential) {
      throw new HspaceException("expected one of --each and --sequential, found both");
    }
    return sequential
        ? EditPlan.Mode.SEQUENTIAL
        : each ? EditPlan.Mode.EACH : EditPlan.Mode.TOGETHER;
  }

  private List<OptionalDouble> ownStrengths() {
    return directions.stream().map(DirectionSpec::strength).toList();
  }

  private List<OptionalDouble> suggestedStrengths(Model model) {
    return directions.stream()
        .map(
            spec ->
                strengths == null && spec.strength().isEmpty()
                    ? spec.suggestedStrength(model)
                    : OptionalDouble.empty())
        .toList();
  }

  private void draw(Model model, Trajectory trajectory, EditPlan plan) {
    List<RgbImage> pictures; // image by image, block by block
    EditOptions options = new EditOptions(asymmetric, lattice.batch(), inject.value());
    try (Images cells =
        new EditGrid(model).run(trajectory, plan.edits(), options, console().progress("editing"))) {
      pictures = cells.pictures();
    }
    int columns = plan.columns().size();
    Sheet sheet =
        new Sheet(pictures.size() / columns, columns)
            .title(title(plan))
            .columns(plan.columns())
            .rows(captions(trajectory, plan));
    for (int i = 0; i < pictures.size(); i++) {
      int row = i / columns;
      int column = i % columns;
      sheet.set(row, column, pictures.get(i));
      if (images != null) {
        ImageFile.write(
            images.resolve("row-" + row + "-column-" + column + ".png"), pictures.get(i));
      }
    }
    ImageFile.write(out, sheet.render());
    console().say("wrote " + out);
  }

  private String title(EditPlan plan) {
    List<String> parts = new ArrayList<>();
    if (!plan.title().isEmpty()) {
      parts.add(plan.title());
    }
    if (!window.equals(Window.ALL)) {
      parts.add("window " + window);
    }
    if (asymmetric) {
      parts.add("asymmetric");
    }
    return String.join(", ", parts);
  }

  /** Image and block of each row; what all rows share is left out. */
  private static List<String> captions(Trajectory trajectory, EditPlan plan) {
    List<String> captions = new ArrayList<>();
    for (String image : TrajectorySource.captions(trajectory)) {
      for (String block : plan.blocks()) {
        boolean alone = trajectory.rows() == 1 && !block.isEmpty();
        captions.add(alone ? block : block.isEmpty() ? image : image + "\n" + block);
      }
    }
    return captions;
  }
}
