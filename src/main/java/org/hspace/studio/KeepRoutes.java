package org.hspace.studio;

import io.javalin.http.Context;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hspace.io.JsonFields;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;

/** What is kept of an edit: a direction in the workspace, and the commands that do the same. */
final class KeepRoutes {
  private final Model model;
  private final StudioOptions options;
  private final Jobs jobs;
  private final Shelf shelf;
  private final Sessions sessions;

  KeepRoutes(Model model, StudioOptions options, Jobs jobs, Shelf shelf, Sessions sessions) {
    this.model = model;
    this.options = options;
    this.jobs = jobs;
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
            PictureRequest.editing(asked),
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
    Path file = jobs.newDirections(name, asked.flag("replace", false));
    String title = file.getFileName().toString();
    try (DirectionSet set =
        new CombinedEdit(model, options.sampling(), shelf).of(name, terms, session)) {
      set.save(file);
    }
    shelf.forget(title);
    Answers.json(request, Map.of("direction", Shelf.SAVED + title + ":" + name));
  }
}
