package org.hspace.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.hspace.HspaceException;
import org.hspace.app.DirectionName;
import org.hspace.directions.Disentanglement;
import org.hspace.evaluate.EffectDisentanglement;
import org.hspace.evaluate.MeasuredEffects;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionAlgebra;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.DirectionSpec;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Provenance;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hspace disentangle}: removes directions from a direction. */
@Command(
    name = "disentangle",
    sortOptions = false,
    description = {
      "Removes other directions from one, by one least-squares problem (Eq 12 of the paper): the result is orthogonal to each.",
      "With --effects the others are taken out by what they do instead of where they point: so much of each that, by the"
          + " measured table, their attributes stay where they are; the result moves its own attribute as before."
    },
    footer = {
      "",
      "Example: hspace disentangle smile --from gender,age --out smile-only.safetensors",
      "         hspace disentangle F.safetensors:smile --from F.safetensors:gender --name smile-only --out G.safetensors",
      "         hspace disentangle F.safetensors:smile --from F.safetensors:age --effects table.json --out G.safetensors",
      "         (table.json from: hspace evaluate --direction F.safetensors:smile --direction F.safetensors:age --json ...)"
    })
final class DisentangleCommand extends HspaceCommand {
  @Parameters(
      paramLabel = "DIRECTION",
      description = "FILE:NUMBER, FILE:NAME or a NAME of the model's own directions.")
  @Reads
  private DirectionSpec direction;

  @Option(
      names = "--from",
      paramLabel = "DIRECTION",
      split = ",",
      required = true,
      order = 1,
      description = "What to remove, comma-separated.")
  @Reads
  private List<DirectionSpec> removed;

  @Option(
      names = "--effects",
      paramLabel = "FILE",
      order = 2,
      description = "What hspace evaluate --json measured of all these directions.")
  @Reads
  private Path effects;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      order = 3,
      description = "What the result is called (default: made of both).")
  private DirectionName name;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      order = 4,
      description = "Write the result as safetensors.")
  @Writes(Writes.As.TENSORS)
  private Path out;

  @Option(
      names = "--force",
      order = 5,
      description = "Write the result even where little is left of the direction.")
  private boolean force;

  @Mixin private OutputTypeMixin type;
  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    removed.forEach(DirectionSpec::refuseStrength);
    direction.refuseStrength();
    MeasuredEffects measured = effects == null ? null : MeasuredEffects.open(effects);
    loadLibraries();
    List<Direction> others = new ArrayList<>();
    try (Model model = modelOptions.open(console());
        Direction from = direction.resolve(model)) {
      for (DirectionSpec spec : removed) others.add(spec.resolve(model));
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("from", direction.text());
      facts.put("removed", removed.stream().map(DirectionSpec::text).toList());
      if (measured == null) project(model, from, others, facts);
      else isolate(model, from, others, measured, facts);
      json.write(facts);
    } finally {
      others.forEach(Direction::close);
    }
  }

  private void project(
      Model model, Direction from, List<Direction> others, Map<String, Object> facts) {
    try (Disentanglement found = Disentanglement.of(from, others)) {
      if (found.normLeft() < Disentanglement.LITTLE) {
        useless(
            "only %.1f %% of %s is left; what it changes may be mostly what was removed",
            100 * found.normLeft(), from.name());
      }
      facts.put("norm_left", found.normLeft());
      facts.put("condition_number", found.conditionNumber());
      facts.put("dependent", found.dependent());
      save(model, found.direction(), OptionalDouble.empty(), facts);
      out()
          .printf(
              Locale.ROOT,
              "%s: %.1f %% of the norm is left; condition number of what was removed %.3g%n",
              name(found.direction()),
              100 * found.normLeft(),
              found.conditionNumber());
      if (!found.dependent().isEmpty()) {
        console().warn("already spanned by the others: " + String.join(", ", found.dependent()));
      }
    }
  }

  private void isolate(
      Model model,
      Direction from,
      List<Direction> others,
      MeasuredEffects measured,
      Map<String, Object> facts) {
    try (EffectDisentanglement found = EffectDisentanglement.of(from, others, measured)) {
      if (found.cosine() < EffectDisentanglement.ALONG) {
        useless(
            "the result is mostly made of what was taken out, not of %s (cosine %.2f), because these directions do"
                + " much the same; begin with others, such as those of attribute --fit regression",
            from.name(), found.cosine());
      }
      Map<String, Double> weights = new LinkedHashMap<>();
      for (int k = 0; k < others.size(); k++) weights.put(others.get(k).name(), found.weights()[k]);
      facts.put("by", "measured effects");
      facts.put("weights", weights);
      facts.put("condition_number", found.conditionNumber());
      facts.put("cosine", found.cosine());
      save(model, found.direction(), OptionalDouble.of(found.halfDeviation()), facts);
      out()
          .printf(
              Locale.ROOT,
              "%s: took out %s; condition number of the effects %.3g, cosine with %s %.2f%n",
              name(found.direction()),
              weights.entrySet().stream()
                  .map(w -> String.format(Locale.ROOT, "%.3f %s", w.getValue(), w.getKey()))
                  .collect(Collectors.joining(", ")),
              found.conditionNumber(),
              from.name(),
              found.cosine());
    }
  }

  /** Refuses such a result, or warns of it where the user wants it all the same. */
  private void useless(String why, Object... values) {
    String said = String.format(Locale.ROOT, why, values);
    if (!force) throw new HspaceException(said + "; --force writes it all the same");
    console().warn(said);
  }

  private String name(Direction made) {
    return DirectionName.orElse(name, made.name());
  }

  private void save(
      Model model, Direction made, OptionalDouble suggested, Map<String, Object> facts) {
    Provenance provenance = direction.provenance(model).ofDirections("disentangled", facts);
    try (Direction result = DirectionAlgebra.rename(made, name(made));
        DirectionSet set =
            suggested.isPresent()
                ? DirectionSet.of(
                    List.of(result), new double[] {suggested.getAsDouble()}, provenance)
                : DirectionSet.of(result, provenance)) {
      type.save(set, out);
      console().say("wrote " + out);
    }
  }
}
