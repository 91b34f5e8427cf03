package org.hspace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hspace.HspaceException;
import org.hspace.app.DirectionComparison;
import org.hspace.image.ImageFile;
import org.hspace.io.AtomicFile;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.DirectionSpec;
import org.hspace.pipeline.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hspace direction compare}: the angles between directions. */
@Command(
    name = "compare",
    sortOptions = false,
    description =
        "Prints the cosines between directions, over all timesteps; --json and --out have them at each timestep, too.",
    footer = {"", "Example: hspace direction compare smile smile-only pca.safetensors"})
final class DirectionCompareCommand extends HspaceCommand {
  @Parameters(
      paramLabel = "DIRECTION",
      arity = "1..*",
      description =
          "FILE:NUMBER, FILE:NAME, a FILE with all that it holds, or a NAME of the model's own directions.")
  @Reads
  private List<DirectionSpec> terms;

  @Option(
      names = "--heat-map",
      paramLabel = "FILE",
      order = 1,
      description = "Draw the table as PNG.")
  @Writes(Writes.As.PICTURE)
  private Path heatMap;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      order = 2,
      description = "Write all cosines as comma-separated values.")
  @Writes(Writes.As.TEXT)
  private Path out;

  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    terms.forEach(DirectionSpec::refuseStrength);
    loadLibraries();
    List<Direction> directions = new ArrayList<>();
    List<String> names = new ArrayList<>();
    try (Model model = modelOptions.open(console())) {
      for (DirectionSpec term : terms) load(term, model, directions, names);
      if (directions.size() < 2)
        throw new HspaceException("direction compare: expected at least two directions, found one");
      DirectionComparison found = DirectionComparison.of(names, directions);
      out().print(found.text());
      if (heatMap != null) ImageFile.write(heatMap, found.heatMap(), made(model));
      if (out != null) AtomicFile.write(out, found.csv());
      json.write(found.figures());
    } finally {
      directions.forEach(Direction::close);
    }
  }

  private static void load(
      DirectionSpec term, Model model, List<Direction> directions, List<String> names) {
    int first = directions.size();
    if (term.file() != null && term.which().isEmpty()) {
      try (DirectionSet all = DirectionSet.open(term.file(), model)) {
        for (int k = 0; k < all.size(); k++) directions.add(all.get(k));
      }
    } else {
      directions.add(term.resolve(model));
    }
    Set<String> taken = new HashSet<>(names);
    for (Direction one : directions.subList(first, directions.size())) {
      String name = one.name();
      for (int again = 2; !taken.add(name); again++) name = one.name() + " (" + again + ")";
      names.add(name);
    }
  }
}
