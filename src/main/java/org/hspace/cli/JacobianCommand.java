package org.hspace.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.app.JacobianReport;
import org.hspace.app.Seeds;
import org.hspace.directions.JacobianDirections;
import org.hspace.directions.JacobianOptions;
import org.hspace.directions.LocalEdits;
import org.hspace.image.MaskFile;
import org.hspace.linalg.SvdOptions;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Trajectory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hspace jacobian}: image-specific directions. */
@Command(
    name = "jacobian",
    sortOptions = false,
    description = {
      "Finds directions for one image: the leading right singular vectors of the denoiser's Jacobian by h, at every timestep of the"
          + " image's trajectory or at chosen ones.",
      "Direction V@T of the file is vector V of timestep T, times its singular value; strengths of 50 to 200 are usual.",
      "With --keep-outside: edits that stay inside the mask. Each timestep's local vectors change the mask most and the rest"
          + " least; what they do to the picture is measured, and edit V of the file combines those of all timesteps so that the"
          + " picture changes inside by --amount at strength 1 and outside as little as can be."
    },
    footer = {
      "",
      "Example: hspace jacobian --seed 3 --steps 10 --mask 18,34,28,18 --out jac.safetensors",
      "         hspace edit --seeds 3 --steps 10 --direction jac.safetensors:1@500 --strengths=-200,0,200 --out mouth.png",
      "         hspace jacobian --seed 3 --steps 10 --mask 18,34,28,18 --keep-outside 0.001 --out local.safetensors",
      "         hspace edit --seeds 3 --steps 10 --direction local.safetensors:0 --out local.png"
    })
final class JacobianCommand extends HspaceCommand {
  /** Where the image comes from. */
  static final class Source extends TrajectorySource {
    @Option(
        names = "--seed",
        paramLabel = "SEED",
        order = 1,
        description = "Sample this one (default: 0).")
    private Long seed;

    @Option(
        names = "--trajectory",
        paramLabel = "FILE",
        order = 2,
        description = "A trajectory file (of sample --save, or invert).")
    @Reads
    private Path trajectory;

    @Override
    Path file() {
      return trajectory;
    }

    @Override
    Seeds seeds() {
      return new Seeds(new long[] {seed == null ? 0 : seed});
    }
  }

  @ArgGroup(multiplicity = "0..1")
  private Source source = new Source();

  @Option(
      names = "--row",
      paramLabel = "N",
      defaultValue = "0",
      order = 3,
      description = "Which row of the trajectory file (default: ${DEFAULT-VALUE}).")
  private int row;

  @Option(
      names = "--vectors",
      paramLabel = "K",
      defaultValue = "3",
      order = 4,
      description = "Directions a timestep (default: ${DEFAULT-VALUE}).")
  private int vectors;

  @Option(
      names = "--timesteps",
      paramLabel = "LIST",
      split = ",",
      order = 5,
      description = "Only these timesteps of the lattice, for instance 900,700 (default: all).")
  private int[] timesteps;

  @Option(
      names = "--mask",
      paramLabel = "MASK",
      order = 6,
      description =
          "Look at changes inside a region only: x,y,w,h in pixels, FILE.png (of a grey one what is at"
              + " least half white is inside, of one with colours all that is not black), or FILE.json:REGION of a"
              + " segmentation.")
  @Reads
  private String mask;

  @Option(
      names = "--keep-outside",
      paramLabel = "LAMBDA",
      order = 7,
      description =
          "Find edits that change the mask most and the rest least; LAMBDA, such as 0.001, weighs a vector's own length"
              + " against both, in units of the largest squared singular value: larger gives shorter, gentler vectors.")
  private Double keepOutside;

  @Option(
      names = "--amount",
      paramLabel = "RMS",
      order = 7,
      description =
          "With --keep-outside: root mean square change inside the mask at strength 1, in units of pixels in [-1, 1]"
              + " (default: 0.1).")
  private Double amount;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      order = 7,
      description = "Write directions, singular values and residuals as safetensors.")
  @Writes(Writes.As.TENSORS)
  private Path out;

  /** How the singular vectors are found. */
  enum Solver {
    KRYLOV,
    POWER
  }

  @Option(
      names = "--solver",
      paramLabel = "SOLVER",
      defaultValue = "krylov",
      order = 8,
      description =
          "krylov (Golub-Kahan-Lanczos) or power (the paper's block power iteration) (default: ${DEFAULT-VALUE}).")
  private Solver solver;

  @Option(
      names = "--tolerance",
      paramLabel = "R",
      order = 9,
      description =
          "Largest residual |J'u - sv| / s of a vector, or that of its own problem with --keep-outside (default: 1e-3, with"
              + " --keep-outside 1e-2).")
  private Double tolerance;

  @Option(
      names = "--max-products",
      paramLabel = "N",
      defaultValue = "500",
      order = 10,
      description = "Pairs of products that a timestep may cost (default: ${DEFAULT-VALUE}).")
  private int maxProducts;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "2g",
      order = 11,
      description =
          "Memory for linearised decoders and solver, for instance 500m or 2g; timesteps are taken in turns when"
              + " they do not fit together (default: ${DEFAULT-VALUE}).")
  private MemorySize memory;

  @Option(
      names = "--solver-seed",
      paramLabel = "SEED",
      defaultValue = "0",
      order = 12,
      description = "Seed of the start vectors (default: ${DEFAULT-VALUE}).")
  private long solverSeed;

  @Mixin private SamplingMixin lattice;
  @Mixin private InjectMixin inject;
  @Mixin private OutputTypeMixin type;
  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    checkLocal();
    lattice.refuseClip("where a prediction is clipped, the image does not follow h");
    loadLibraries();
    SvdOptions svd = svdOptions();
    long begun = System.nanoTime();
    try (Model model = modelOptions.open(console());
        PointerScope scope = new PointerScope()) {
      int[] picture = model.pictureShape();
      Tensor region = // (1, 1, H, W) of a sample
          mask == null ? null : model.sampleMask(MaskFile.read(mask, picture[1], picture[2]));
      try (Trajectory trajectory = source.open(model, lattice, false, console())) {
        JacobianOptions options =
            new JacobianOptions(
                keepOutside == null ? svd : svd.withVectors(LocalEdits.candidates(vectors, region)),
                solver == Solver.KRYLOV,
                steps(trajectory),
                region,
                mask,
                keepOutside == null ? 0 : keepOutside,
                inject.value(),
                memory.bytes());
        try (DirectionSet found = find(model, trajectory, options)) {
          type.save(found, out);
          console().say("wrote " + out);
          JacobianReport report = new JacobianReport(found, (System.nanoTime() - begun) / 1e9);
          out().print(report.text());
          warn(report.notConverged(), report.vectors());
          json.write(report.figures());
        }
      }
    }
  }

  private void checkLocal() {
    if (keepOutside == null) {
      if (amount != null) throw new HspaceException("--amount: expected with --keep-outside");
      return;
    }
    if (!(keepOutside > 0 && Double.isFinite(keepOutside))) {
      throw new HspaceException("--keep-outside: expected a number above 0, found " + keepOutside);
    }
    if (mask == null) {
      throw new HspaceException("--keep-outside: expected with --mask");
    }
    if (solver == Solver.POWER) {
      throw new HspaceException("--keep-outside: expected without --solver power");
    }
    if (amount != null && !(amount > 0 && Double.isFinite(amount))) {
      throw new HspaceException("--amount: expected a number above 0, found " + amount);
    }
  }

  /** The singular vectors, or the local vectors' edits; to be closed by the caller. */
  private DirectionSet find(Model model, Trajectory trajectory, JacobianOptions options) {
    DirectionSet found =
        new JacobianDirections(model).run(trajectory, row, options, console().progress("jacobian"));
    if (keepOutside == null) return found;
    try (found) {
      return new LocalEdits(model)
          .run(
              trajectory,
              row,
              found,
              options,
              vectors,
              amount == null ? LocalEdits.AMOUNT : amount,
              lattice.batch(),
              console().progress("decoding"));
    }
  }

  private double tolerance() {
    return tolerance != null ? tolerance : keepOutside == null ? 1e-3 : LocalEdits.TOLERANCE;
  }

  private SvdOptions svdOptions() {
    SvdOptions options = new SvdOptions(vectors, tolerance(), maxProducts, 0, solverSeed);
    try {
      options.check();
    } catch (HspaceException e) {
      throw new HspaceException("--" + e.getMessage().replace("max_products", "max-products"), e);
    }
    return options;
  }

  /** The steps of the chosen timesteps; null for all. */
  private int[] steps(Trajectory trajectory) {
    if (timesteps == null) return null;
    List<Integer> all = Arrays.stream(trajectory.lattice().timesteps()).boxed().toList();
    int[] steps = new int[timesteps.length];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = all.indexOf(timesteps[i]);
      if (steps[i] < 0) {
        throw new HspaceException(
            "--timesteps: expected some of " + all + ", found " + timesteps[i]);
      }
    }
    return steps;
  }

  private void warn(List<String> open, int all) {
    if (open.isEmpty()) return;
    console()
        .warn(
            open.size()
                + " of "
                + all
                + " vectors did not reach the tolerance of "
                + tolerance()
                + ": "
                + String.join(", ", open)
                + "; more --max-products go on");
  }
}
