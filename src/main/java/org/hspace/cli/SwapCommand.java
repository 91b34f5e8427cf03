package org.hspace.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.HspaceException;
import org.hspace.app.Seeds;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.pipeline.HSwap;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Trajectory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hspace swap}: images generated with each other's h. */
@Command(
    name = "swap",
    sortOptions = false,
    description =
        "Generates every image with the h of every other: row and column give noise and h. Semantics follow h, background and the"
            + " like follow the noise.",
    footer = {"", "Example: hspace swap --seeds 3,8 --steps 20 --out swap.png"})
final class SwapCommand extends HspaceCommand {
  private static final int MOST = 12;

  /** Where the images come from. */
  static final class Source extends TrajectorySource {
    @Option(
        names = "--seeds",
        paramLabel = "SEEDS",
        order = 1,
        description = "Sample these (default: 0,1).")
    private Seeds seeds;

    @Option(
        names = "--trajectory",
        paramLabel = "FILE",
        order = 2,
        description = "Take the images of a trajectory file with h recorded.")
    @Reads
    private Path trajectory;

    @Override
    Path file() {
      return trajectory;
    }

    @Override
    Seeds seeds() {
      return seeds == null ? Seeds.parse("0,1") : seeds;
    }
  }

  @ArgGroup(multiplicity = "0..1")
  private Source source = new Source();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      order = 3,
      description = "PNG or JPEG of the captioned grid.")
  @Writes(Writes.As.PICTURE)
  private Path out;

  @Mixin private CellsMixin cellsOptions;
  @Mixin private JsonMixin json;
  @Mixin private SamplingMixin lattice;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    loadLibraries();
    long begun = System.nanoTime();
    try (Model model = modelOptions.open(console());
        PointerScope scope = new PointerScope()) {
      Pictures.checkDrawable(model, "--out");
      try (Trajectory trajectory = source.open(model, lattice, true, console())) {
        int n = trajectory.rows();
        if (n < 2 || n > MOST)
          throw new HspaceException("swap: expected 2 to " + MOST + " images, found " + n);
        int[] rows = new int[n * n];
        int[] donors = new int[n * n];
        for (int cell = 0; cell < n * n; cell++) {
          rows[cell] = cell / n;
          donors[cell] = cell % n;
        }
        List<String> captions = TrajectorySource.captions(trajectory);
        List<RgbImage> cells;
        try (Images images =
            new HSwap(model)
                .run(
                    trajectory,
                    rows,
                    donors,
                    lattice.batch(),
                    console().progress("swapping", rows.length))) {
          cellsOptions.write(images, captions, captions, trajectory.provenance(), console());
          cells = images.pictures();
        }
        Sheet sheet =
            new Sheet(n, n)
                .title("noise of the row, h of the column")
                .rows(captions)
                .columns(captions);
        for (int cell = 0; cell < cells.size(); cell++)
          sheet.set(cell / n, cell % n, cells.get(cell));
        Map<String, String> made = made(model);
        made.put("Images", String.join(", ", captions));
        ImageFile.write(out, sheet.render(), made);
        console().say("wrote " + out);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("images", captions);
        figures.put("steps", trajectory.steps());
        figures.put("seconds", (System.nanoTime() - begun) / 1e9);
        json.write(figures);
      }
    }
  }
}
