package org.hspace.studio;

import io.javalin.http.Context;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.app.Subject;
import org.hspace.io.JsonFields;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionAlgebra;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.Window;

/** What is kept of an edit: a direction in the workspace, and the commands that do the same. */
final class KeepRoutes {
  private final Model model;
  private final StudioOptions options;
  private final Workspace workspace;
  private final Shelf shelf;
  private final Sessions sessions;

  KeepRoutes(
      Model model, StudioOptions options, Workspace workspace, Shelf shelf, Sessions sessions) {
    this.model = model;
    this.options = options;
    this.workspace = workspace;
    this.shelf = shelf;
    this.sessions = sessions;
  }

  List<Route> routes() {
    return List.of(
        Route.post("/api/sessions/{session}/save", this::save),
        Route.post("/api/sessions/{session}/script", this::script));
  }

  private void script(Context request) {
    Session session = sessions.get(request.pathParam("session"));
    JsonFields asked = Answers.fields(request);
    Script script =
        new Script(
            model,
            options.sampling(),
            session.source(),
            PictureRequest.terms(asked),
            asked.flag("asymmetric", false),
            shelf::spec);
    Answers.json(request, Map.of("commands", script.commands(), "java", script.java()));
  }

  /** One direction, whose strength 1 is the edit. */
  private void save(Context request) {
    Session session = sessions.get(request.pathParam("session"));
    JsonFields asked = Answers.fields(request);
    String name = JobRequest.name(asked);
    List<PictureRequest.Term> terms = PictureRequest.terms(asked);
    if (terms.isEmpty()) throw asked.error("edits", "at least one direction");
    Path file = workspace.newDirections(name, asked.flag("replace", false));
    String title = file.getFileName().toString();
    try (PointerScope scope = new PointerScope();
        Direction sum = combined(name, terms, session);
        DirectionSet set = DirectionSet.of(List.of(sum), new double[] {1}, provenance(terms))) {
      set.save(file);
    }
    shelf.forget(title);
    Answers.json(request, Map.of("direction", Shelf.SAVED + title + ":" + name));
  }

  /**
   * On the session's own timesteps: some directions have one Δh for all, and windows are of steps.
   */
  private Direction combined(String name, List<PictureRequest.Term> terms, Session session) {
    int[] timesteps = session.subject().trajectory(Subject.Quality.FULL).lattice().timesteps();
    List<Direction> parts = new ArrayList<>();
    try {
      for (PictureRequest.Term term : terms) {
        Direction found = session.direction(term.direction(), shelf);
        Direction whole =
            new Direction(name, found.onLattice(timesteps), timesteps, found.hSpace());
        parts.add(whole);
        if (!term.window().equals(Window.ALL))
          parts.set(parts.size() - 1, DirectionAlgebra.window(whole, term.window()));
      }
      return DirectionAlgebra.combine(
          name, parts, terms.stream().mapToDouble(PictureRequest.Term::strength).toArray());
    } finally {
      parts.forEach(Direction::close);
    }
  }

  private Provenance provenance(List<PictureRequest.Term> terms) {
    List<Map<String, Object>> parts = new ArrayList<>();
    for (PictureRequest.Term term : terms) {
      Map<String, Object> part = new LinkedHashMap<>();
      part.put("direction", term.direction());
      part.put("strength", term.strength());
      if (!term.window().equals(Window.ALL)) part.put("window", term.window().toString());
      parts.add(part);
    }
    return Provenance.ofSamples(model, options.sampling(), new long[0])
        .ofDirections("combined", Map.of("parts", parts));
  }
}
