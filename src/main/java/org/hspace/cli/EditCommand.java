package org.hspace.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.HspaceException;
import org.hspace.app.EditPlan;
import org.hspace.app.EditSheet;
import org.hspace.app.Seeds;
import org.hspace.app.Strengths;
import org.hspace.image.Animation;
import org.hspace.image.ImageFile;
import org.hspace.image.MaskFile;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSpec;
import org.hspace.pipeline.EditGrid;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.EditWork;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Inversion;
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
  /** Options that change nothing of what pictures in a folder show, or only where they lie. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of("--out", "--images", "--model", "--batch", "--threads", "--quiet", "--debug");

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
          "Also write every cell as it is, DIR/IMAGE_STRENGTH.png; where --out is a folder: edit the pictures of this one.")
  @Writes(
      value = Writes.As.FOLDER,
      names = ".+_(0|original|reconstruction|edited|.*[-+][\\d.]+(-x)?)(_\\d+)?\\.png")
  private Path images;

  @Option(
      names = "--animate",
      paramLabel = "FILE",
      order = 9,
      description =
          "Also write the way from the first column to the last and back, as an animated PNG or, by its name, a GIF.")
  @Writes(Writes.As.ANIMATION)
  private Path animation;

  @Mixin private CellsMixin cellsOptions;
  @Mixin private JsonMixin json;
  @Mixin private LocalityMixin locality;
  @Mixin private FitMixin fit;
  @Mixin private SamplingMixin lattice;
  @Mixin private InjectMixin inject;
  @Mixin private HoldMixin hold;
  @Mixin private ClassifierMixin classifierOptions;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    EditPlan.check(ownStrengths(), strengths, mode());
    List<Path> files = files();
    boolean real = !files.isEmpty();
    Locality asked = locality.of(real ? Locality.OF_PICTURES : Locality.NONE);
    if (real) checkPhotographs(files);
    else refuseWithout(List.of("--fit"), "pictures");
    if (!hold.given()) refuseWithout(List.of("--classifier"), "--hold");
    if (images != null && !Outputs.isFolder(out)) Pictures.makeFolder(images);
    loadLibraries();
    long begun = System.nanoTime();
    try (Model model = modelOptions.open(console());
        Classifier classifier = hold.given() ? classifierOptions.open(model) : null;
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
        Cells maker =
            classifier == null
                ? Cells.of(new EditGrid(model))
                : hold.maker(
                    model, classifier, plan.edits(), window, lattice.batch(), loaded, console());
        if (real)
          editPhotographs(new PhotographEdit(model, inversion(model), options, maker), files, plan);
        else editTrajectory(model, plan, options, maker);
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
    if (Outputs.isFolder(out)) refuse(List.of("--animate", "--save", "--json"), "a folder --out");
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

  private void editTrajectory(Model model, EditPlan plan, EditOptions options, Cells maker) {
    TrajectorySource asked = source == null ? new Source() : source;
    try (Trajectory trajectory = asked.open(model, lattice, false, console())) {
      List<String> names = TrajectorySource.captions(trajectory);
      draw(model, trajectory, options, maker, sheet(model, plan, names, plan.columns()), null);
    }
  }

  private void editPhotographs(PhotographEdit edit, List<Path> files, EditPlan plan) {
    if (Outputs.isFolder(out)) {
      Map<String, String> settings = settings(WITHOUT_EFFECT);
      settings.put("model", edit.model().hash());
      edit.folder(files, out, fit.value(), plan, settings, made(edit.model()), console());
      return;
    }
    Photographs read = Photographs.read(files, fit.value(), edit.model(), console());
    edit.warnOfUnlike(read, console());
    List<String> columns =
        plan.columns().stream()
            .map(column -> column.equals("original") ? "reconstruction" : column)
            .toList();
    EditSheet sheet = sheet(edit.model(), plan, read.names(), columns);
    try (Inversion found = edit.invert(read, console())) {
      draw(edit.model(), found.trajectory(), edit.editing(), edit.maker(), sheet, read.pictures());
    }
  }

  /** The masks that the directions were found under, each once. */
  private List<String> masks(Model model) {
    return directions.stream()
        .map(spec -> spec.provenance(model).details())
        .filter(details -> details != null && details.get("mask") instanceof String)
        .map(details -> (String) details.get("mask"))
        .distinct()
        .toList();
  }

  /** The pixels of all the masks together; null where there is none, or its file has gone. */
  private float[] outline(Model model, List<String> masks) {
    int[] shape = model.pictureShape();
    float[] all = null;
    for (String mask : masks) {
      try {
        float[] one = MaskFile.inside(mask, shape[1], shape[2]);
        if (all == null) all = new float[one.length];
        for (int i = 0; i < all.length; i++) all[i] = Math.max(all[i], one[i]);
      } catch (HspaceException e) {
        console().warn("not outlined: " + e.getMessage());
      }
    }
    return all;
  }

  private EditSheet sheet(Model model, EditPlan plan, List<String> names, List<String> columns) {
    List<String> masks = masks(model);
    return new EditSheet(plan, names, columns, title(plan, masks), outline(model, masks));
  }

  /** The cells of a plan, image by image, block by block. */
  private Images decode(
      Cells maker, Trajectory trajectory, EditPlan plan, EditOptions options, String stage) {
    long cells = (long) trajectory.rows() * plan.edits().size();
    return maker.make(trajectory, plan.edits(), options, console().progress(stage, cells));
  }

  /**
   * Writes all that is asked for.
   *
   * @param originals the pictures that the trajectory is the inversion of, or null
   */
  private void draw(
      Model model,
      Trajectory trajectory,
      EditOptions options,
      Cells maker,
      EditSheet sheet,
      List<RgbImage> originals) {
    long begun = System.nanoTime();
    List<RgbImage> pictures;
    try (Images cells = decode(maker, trajectory, sheet.plan(), options, "editing")) {
      cellsOptions.write(cells, sheet.rows(), sheet.columns(), trajectory.provenance(), console());
      pictures = cells.pictures();
    }
    Map<String, String> made = made(model);
    made.put("Images", String.join(", ", sheet.names()));
    made.put("Edits", String.join("; ", sheet.title(), String.join(", ", sheet.columns())));
    if (images != null) writeCells(sheet, pictures, made);
    Sheet drawn = originals == null ? sheet.of(pictures) : sheet.beside(originals, pictures);
    ImageFile.write(out, drawn.render(), made);
    console().say("wrote " + out);
    if (animation != null) animate(model, trajectory, options, maker, sheet);
    json.write(figures(trajectory, sheet, maker.work(), (System.nanoTime() - begun) / 1e9));
  }

  private void writeCells(EditSheet sheet, List<RgbImage> pictures, Map<String, String> made) {
    List<List<String>> captions = sheet.cells();
    List<String> names = Pictures.fileNames(captions);
    for (int i = 0; i < pictures.size(); i++) {
      List<String> caption = captions.get(i);
      Map<String, String> own = new LinkedHashMap<>(made);
      own.put("Images", caption.get(0));
      own.put("Edits", String.join(" ", sheet.title(), caption.get(1), caption.get(2)).strip());
      ImageFile.write(images.resolve(names.get(i)), pictures.get(i), own);
    }
    console().say("wrote " + pictures.size() + " images to " + images);
  }

  private void animate(
      Model model, Trajectory trajectory, EditOptions options, Cells maker, EditSheet sheet) {
    List<RgbImage> frames =
        sheet.frames(
            sweep -> {
              try (Images cells = decode(maker, trajectory, sweep, options, "animating")) {
                return cells.pictures();
              }
            });
    Animation.write(animation, frames, EditSheet.FRAME_MILLISECONDS, made(model));
    console().say("wrote " + animation);
  }

  private Map<String, Object> figures(
      Trajectory trajectory, EditSheet sheet, EditWork work, double seconds) {
    EditPlan plan = sheet.plan();
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("images", sheet.names());
    figures.put("steps", trajectory.steps());
    figures.put("rows", sheet.rows());
    figures.put("columns", sheet.columns());
    List<Map<String, Object>> edits = new ArrayList<>();
    for (int i = 0; i < plan.edits().size(); i++) {
      Map<String, Object> edit = new LinkedHashMap<>();
      edit.put("block", plan.blocks().get(i / plan.columns().size()));
      edit.put("column", sheet.columns().get(i % plan.columns().size()));
      Map<String, Object> of = new LinkedHashMap<>();
      plan.edits().get(i).directions().forEach(d -> of.put(d.direction().name(), d.strength()));
      edit.put("strengths", of);
      edits.add(edit);
    }
    figures.put("edits", edits);
    figures.put("window", window.toString());
    figures.put("asymmetric", asymmetric);
    hold.addFigures(figures);
    Map<String, Object> network = new LinkedHashMap<>();
    network.put("passes", work.passes());
    network.put("encoder_rows", work.encoderRows());
    network.put("decoder_rows", work.decoderRows());
    network.put("rows_asked", work.rowsAsked());
    figures.put("network", network);
    figures.put("seconds", seconds);
    return figures;
  }

  private String title(EditPlan plan, List<String> masks) {
    List<String> parts = new ArrayList<>();
    if (!plan.title().isEmpty()) {
      parts.add(plan.title());
    }
    if (!masks.isEmpty()) {
      parts.add("mask " + String.join(" and ", masks));
    }
    if (!window.equals(Window.ALL)) {
      parts.add("window " + window);
    }
    if (asymmetric) {
      parts.add("asymmetric");
    }
    return String.join(", ", parts);
  }
}
