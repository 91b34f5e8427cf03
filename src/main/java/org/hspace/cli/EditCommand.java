package org.hspace.cli;

import java.nio.file.Files;
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
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Locality;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Trajectory;
import org.hspace.pipeline.Window;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hspace edit}: a grid of edited images. */
@Command(
    name = "edit",
    sortOptions = false,
    description = {
      "Edits images along directions: one row an image, one column a strength.",
      "Directions without a strength of their own are scaled by --strengths; those with =STRENGTH keep it in all columns.",
      "Pictures of one's own are inverted first, and edited where the edit is seen to act; their sheet begins with the original and"
          + " its reconstruction. Where --out is a folder, every picture is edited into a file of its own name there; those that are"
          + " there already are left."
    },
    footer = {
      "",
      "Example: hspace edit --seeds 0-3 --direction pca.safetensors:0 --strengths=-3,-1.5,0,1.5,3 --out grid.png",
      "         hspace edit photo.png --direction smile-only=1 --out smiling.png",
      "         hspace edit --images photos/ --direction smile-only=1 --out smiling/"
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

  @Parameters(
      paramLabel = "IMAGE",
      arity = "0..*",
      description =
          "Edit these pictures, or those of a folder: PNG, JPEG, TIFF, WebP or BMP; brought to the model's size as --fit"
              + " says.")
  @Reads
  private List<Path> photographs = List.of();

  @ArgGroup(multiplicity = "0..1")
  private Source source;

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
      description = "PNG or JPEG of the captioned grid; or a folder, for pictures one by one.")
  @Writes(Writes.As.PICTURE_OR_FOLDER)
  private Path out;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      order = 8,
      description =
          "Also write every cell as it is, DIR/row-R-column-C.png; where --out is a folder: edit the pictures of this one.")
  @Writes(value = Writes.As.FOLDER, names = "row-\\d+-column-\\d+\\.png")
  private Path images;

  @Mixin private LocalityMixin locality;
  @Mixin private FitMixin fit;
  @Mixin private SamplingMixin lattice;
  @Mixin private InjectMixin inject;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    EditPlan.check(ownStrengths(), strengths, mode());
    List<Path> files = files();
    boolean real = !files.isEmpty();
    Locality asked = locality.of(real ? PhotographEdit.LOCALITY : Locality.NONE);
    if (real) checkPhotographs(files);
    else refuseWithout(List.of("--fit"), "pictures");
    if (images != null && !Outputs.isFolder(out)) Pictures.makeFolder(images);
    loadLibraries();
    try (Model model = modelOptions.open(console());
        PointerScope scope = new PointerScope()) {
      Pictures.checkDrawable(model, "--out");
      List<Direction> loaded = new ArrayList<>();
      try {
        for (DirectionSpec spec : directions) {
          loaded.add(spec.resolve(model));
        }
        EditPlan plan =
            EditPlan.of(
                loaded, ownStrengths(), strengths, suggestedStrengths(model), window, mode());
        EditOptions options =
            new EditOptions(
                asymmetric, lattice.batch(), inject.value(), locality.with(asked, model));
        if (real)
          editPhotographs(new PhotographEdit(model, inversion(model), options), files, plan);
        else editTrajectory(model, plan, options);
      } finally {
        loaded.forEach(Direction::close);
      }
    }
  }

  /** The user's pictures, those of folders by name; none where seeds or a trajectory are edited. */
  private List<Path> files() {
    List<Path> named = new ArrayList<>(photographs);
    boolean folder = Outputs.isFolder(out);
    if (folder && images != null) named.add(images);
    List<Path> files = new ArrayList<>();
    for (Path each : named) {
      if (Files.isDirectory(each) || each == images) files.addAll(Photographs.list(each));
      else files.add(each);
    }
    if (folder && files.isEmpty()) {
      throw new HspaceException(
          "--out " + out + ": expected a PNG or JPEG, or pictures to be edited into this folder");
    }
    return files;
  }

  private void checkPhotographs(List<Path> files) {
    refuse(List.of("--seeds", "--trajectory", "--reference-seeds"), "pictures");
    files.forEach(ImageFile::checkReadable);
    if (Outputs.isFolder(out) && ownStrengths().stream().anyMatch(OptionalDouble::isEmpty)) {
      throw new HspaceException(
          "--out "
              + out
              + ": a folder of edited pictures; expected every direction with =STRENGTH");
    }
    inversion(null);
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

  /** How pictures are inverted; with a model, under the prompt or class that the user names. */
  private InversionOptions inversion(Model model) {
    InversionOptions options = lattice.inversion(EtaSchedule.DDPM).withRecordH(false);
    return model == null
        ? options
        : options.withConditioning(lattice.conditioning(model, console()));
  }

  private void editTrajectory(Model model, EditPlan plan, EditOptions options) {
    TrajectorySource asked = source == null ? new Source() : source;
    try (Trajectory trajectory = asked.open(model, lattice, false, console())) {
      List<RgbImage> pictures; // image by image, block by block
      try (Images cells =
          new EditGrid(model)
              .run(trajectory, plan.edits(), options, console().progress("editing"))) {
        pictures = cells.pictures();
      }
      write(plan, TrajectorySource.captions(trajectory), plan.columns(), pictures);
    }
  }

  private void editPhotographs(PhotographEdit edit, List<Path> files, EditPlan plan) {
    if (Outputs.isFolder(out)) {
      edit.folder(files, out, fit.value(), plan, console());
      return;
    }
    Photographs read = Photographs.read(files, fit.value(), edit.model(), console());
    edit.warnOfUnlike(read, console());
    List<RgbImage> cells = edit.cells(read, plan, console());
    List<String> columns = new ArrayList<>(List.of("original"));
    for (String column : plan.columns()) {
      columns.add(column.equals("original") ? "reconstruction" : column);
    }
    List<RgbImage> pictures = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      if (i % plan.columns().size() == 0)
        pictures.add(read.pictures().get(i / plan.edits().size()));
      pictures.add(cells.get(i));
    }
    write(plan, read.names(), columns, pictures);
  }

  /** Writes the sheet, and its cells one by one where asked to. */
  private void write(
      EditPlan plan, List<String> names, List<String> columnNames, List<RgbImage> pictures) {
    int columns = columnNames.size();
    Sheet sheet =
        new Sheet(pictures.size() / columns, columns)
            .title(title(plan))
            .columns(columnNames)
            .rows(captions(names, plan));
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
  private static List<String> captions(List<String> names, EditPlan plan) {
    List<String> captions = new ArrayList<>();
    for (String image : names) {
      for (String block : plan.blocks()) {
        boolean alone = names.size() == 1 && !block.isEmpty();
        captions.add(alone ? block : block.isEmpty() ? image : image + "\n" + block);
      }
    }
    return captions;
  }
}
