package org.hspace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hspace.HspaceException;
import org.hspace.app.DirectionName;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionAlgebra;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.DirectionSpec;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Window;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hspace direction}: arithmetic of directions. */
@Command(
    name = "direction",
    sortOptions = false,
    description =
        "Makes directions of directions: adds, subtracts, scales, normalises, windows, renames and merges them; compare prints the angles between them.",
    subcommands = {
      DirectionCommand.Sum.class,
      DirectionCommand.Scale.class,
      DirectionCommand.Normalize.class,
      DirectionCommand.Limit.class,
      DirectionCommand.Merge.class,
      DirectionCompareCommand.class
    },
    footer = {
      "",
      "Example: hspace direction sum smile=1 age=-0.5 --name young-smile --out young-smile.safetensors"
    })
final class DirectionCommand extends HspaceCommand {
  @Override
  void run() {
    throw new HspaceException(
        "direction: expected sum, scale, normalize, window, merge or compare");
  }

  /** What all of them share: where the result goes. */
  abstract static class Operation extends HspaceCommand {
    @Option(
        names = "--out",
        paramLabel = "FILE",
        required = true,
        order = 2,
        description = "Write the result as safetensors.")
    @Writes(Writes.As.TENSORS)
    private Path out;

    @Mixin private OutputTypeMixin type;
    @Mixin private ModelMixin modelOptions;

    /** The result, to be closed by the caller. */
    abstract DirectionSet result(Model model);

    @Override
    void run() {
      loadLibraries();
      try (Model model = modelOptions.open(console());
          DirectionSet set = result(model)) {
        type.save(set, out);
        console().say("wrote " + out);
        for (int k = 0; k < set.size(); k++) {
          try (Direction one = set.get(k)) {
            out()
                .printf(
                    "%s: norm %.4g over %d timesteps%n",
                    one.name(), DirectionAlgebra.norm(one), one.timesteps().length);
          }
        }
      }
    }
  }

  /** One direction in, one out. */
  abstract static class Change extends Operation {
    @Parameters(
        paramLabel = "DIRECTION",
        description = "FILE:NUMBER, FILE:NAME or a NAME of the model's own directions.")
    @Reads
    private DirectionSpec direction;

    @Option(
        names = "--name",
        paramLabel = "NAME",
        order = 1,
        description = "What the result is called (default: as before).")
    private DirectionName name;

    abstract Direction change(Direction before);

    abstract String what();

    @Override
    DirectionSet result(Model model) {
      direction.refuseStrength();
      try (Direction before = direction.resolve(model);
          Direction after = change(before);
          Direction named =
              DirectionAlgebra.rename(after, DirectionName.orElse(name, before.name()))) {
        return DirectionSet.of(
            named,
            direction
                .provenance(model)
                .ofDirections(
                    "combined", Map.of("operation", what(), "of", List.of(direction.text()))));
      }
    }
  }

  @Command(
      name = "sum",
      sortOptions = false,
      description =
          "Adds directions, each times its strength: smile=1 age=-0.5 subtracts half of age.")
  static final class Sum extends Operation {
    @Parameters(paramLabel = "DIRECTION[=FACTOR]", arity = "1..*", description = "What to add.")
    @Reads
    private List<DirectionSpec> terms;

    @Option(
        names = "--name",
        paramLabel = "NAME",
        required = true,
        order = 1,
        description = "What the result is called.")
    private DirectionName name;

    @Override
    DirectionSet result(Model model) {
      List<Direction> resolved = new ArrayList<>();
      try {
        for (DirectionSpec term : terms) resolved.add(term.resolve(model));
        double[] factors = terms.stream().mapToDouble(t -> t.strength().orElse(1)).toArray();
        Map<String, Object> facts =
            Map.of("operation", "sum", "of", terms.stream().map(DirectionSpec::text).toList());
        try (Direction sum = DirectionAlgebra.combine(name.text(), resolved, factors)) {
          return DirectionSet.of(
              sum, terms.get(0).provenance(model).ofDirections("combined", facts));
        }
      } finally {
        resolved.forEach(Direction::close);
      }
    }
  }

  @Command(
      name = "scale",
      sortOptions = false,
      description = "Multiplies a direction by a number; --by 1 only renames.")
  static final class Scale extends Change {
    @Option(
        names = "--by",
        paramLabel = "FACTOR",
        required = true,
        order = 0,
        description = "The factor.")
    private double factor;

    @Override
    Direction change(Direction before) {
      if (!Double.isFinite(factor))
        throw new HspaceException("--by: expected a number, found " + factor);
      return DirectionAlgebra.scale(before, factor);
    }

    @Override
    String what() {
      return "scale " + factor;
    }
  }

  @Command(
      name = "normalize",
      sortOptions = false,
      description = "Gives a direction norm 1 over all its timesteps together.")
  static final class Normalize extends Change {
    @Override
    Direction change(Direction before) {
      return DirectionAlgebra.normalize(before);
    }

    @Override
    String what() {
      return "normalize";
    }
  }

  @Command(
      name = "window",
      sortOptions = false,
      description = "Sets a direction to zero outside a part of its timesteps.")
  static final class Limit extends Change {
    @Option(
        names = "--window",
        paramLabel = "FROM-TO",
        required = true,
        order = 0,
        description = "0 is the first step (most noise), 1 the last.")
    private Window window;

    @Override
    Direction change(Direction before) {
      return DirectionAlgebra.window(before, window);
    }

    @Override
    String what() {
      return "window " + window;
    }
  }

  @Command(
      name = "merge",
      sortOptions = false,
      description = "Puts the directions of several files into one.")
  static final class Merge extends Operation {
    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Direction files.")
    @Reads
    private List<Path> files;

    @Option(
        names = "--only",
        paramLabel = "N",
        order = 1,
        description = "Only the first N directions of each file.")
    private Integer only;

    @Override
    DirectionSet result(Model model) {
      List<DirectionSet> sets = new ArrayList<>();
      try {
        for (Path file : files) {
          DirectionSet all = DirectionSet.open(file, model);
          sets.add(all);
          if (only != null && (only < 1 || only > all.size())) {
            throw new HspaceException(
                "--only: expected 1 to "
                    + all.size()
                    + ", as many as "
                    + file
                    + " holds, found "
                    + only);
          }
          if (only != null) {
            sets.set(sets.size() - 1, all.first(only));
            all.close();
          }
        }
        return DirectionSet.merge(sets, name -> name);
      } finally {
        sets.forEach(DirectionSet::close);
      }
    }
  }
}
