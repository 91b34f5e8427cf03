package org.hspace.studio;

import io.javalin.http.Context;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.hspace.directions.Disentanglement;
import org.hspace.io.JsonFields;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionAlgebra;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.DirectionSpec;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Provenance;

/** A direction of the shelf without others, kept in the workspace. */
final class DisentangleRoutes {
  private static final int MOST = 64;

  private final Model model;
  private final Jobs jobs;
  private final Shelf shelf;

  DisentangleRoutes(Model model, Jobs jobs, Shelf shelf) {
    this.model = model;
    this.jobs = jobs;
    this.shelf = shelf;
  }

  List<Route> routes() {
    return List.of(Route.post("/api/directions", this::remove));
  }

  private void remove(Context request) {
    JsonFields asked = Answers.fields(request);
    String name = JobRequest.name(asked);
    DirectionSpec from = DirectionSpec.parse(shelf.spec(asked.text("direction")));
    List<String> removed = asked.texts("without");
    if (removed.isEmpty() || removed.size() > MOST)
      throw asked.error("without", "1 to " + MOST + " directions");
    Path file = jobs.newDirections(name, false);
    Direction whole = shelf.get(asked.text("direction"));
    List<Direction> others = removed.stream().map(shelf::get).toList();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("from", from.text());
    facts.put("removed", removed.stream().map(shelf::spec).toList());
    try (Disentanglement found = Disentanglement.of(whole, others)) {
      if (found.normLeft() < Disentanglement.LITTLE && !asked.flag("force", false))
        throw new Refusal(
            Refusal.UNPROCESSABLE,
            String.format(
                Locale.ROOT,
                "only %.0f %% of %s is left; what it changes may be mostly what was removed",
                100 * found.normLeft(),
                whole.name()));
      facts.put("norm_left", found.normLeft());
      facts.put("condition_number", found.conditionNumber());
      facts.put("dependent", found.dependent());
      save(found.direction(), name, from, facts, file);
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("direction", Shelf.SAVED + file.getFileName() + ":" + name);
      answer.put("norm_left", found.normLeft());
      answer.put("dependent", found.dependent());
      Answers.json(request, answer);
    }
  }

  private void save(
      Direction made, String name, DirectionSpec from, Map<String, Object> facts, Path file) {
    Provenance provenance = from.provenance(model).ofDirections("disentangled", facts);
    OptionalDouble suggested = from.suggestedStrength(model);
    try (Direction result = DirectionAlgebra.rename(made, name);
        DirectionSet set =
            suggested.isPresent()
                ? DirectionSet.of(
                    List.of(result), new double[] {suggested.getAsDouble()}, provenance)
                : DirectionSet.of(result, provenance)) {
      set.save(file);
    }
  }
}
