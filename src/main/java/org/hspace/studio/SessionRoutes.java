package org.hspace.studio;

import io.javalin.http.Context;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hspace.app.Likeness;
import org.hspace.app.Subject;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.io.JsonFields;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Hashes;
import org.hspace.pipeline.ImageSource;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Model;

/** Sessions: a picture is opened, and looked at under edits. */
final class SessionRoutes {
  private final Model model;
  private final StudioOptions options;
  private final Workspace workspace;
  private final Shelf shelf;
  private final EngineQueue queue;
  private final Sessions sessions;
  private final Likeness likeness;

  SessionRoutes(
      Model model,
      StudioOptions options,
      Workspace workspace,
      Shelf shelf,
      EngineQueue queue,
      Sessions sessions) {
    this.model = model;
    this.options = options;
    this.workspace = workspace;
    this.shelf = shelf;
    this.queue = queue;
    this.sessions = sessions;
    this.likeness = new Likeness(model, options.inversion().conditioning());
  }

  List<Route> routes() {
    return List.of(
        Route.post("/api/sessions", this::open),
        Route.delete("/api/sessions/{session}", this::close),
        Route.post("/api/sessions/{session}/pictures", this::pictures));
  }

  private void open(Context request) {
    JsonFields asked = Answers.fields(request);
    String id = sessions.newId();
    Script.Source source = source(asked);
    Subject subject = source.photo() == null ? ofSeed(source) : ofPhoto(id, source);
    sessions.keep(new Session(id, source, subject));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("session", id);
    facts.put("steps", subject.trajectory(Subject.Quality.FULL).steps());
    facts.put("preview_steps", subject.trajectory(Subject.Quality.PREVIEW).steps());
    if (asked.has("photo")) {
      facts.put("exact", Double.isInfinite(subject.psnr()));
      facts.put("psnr", Answers.finite(subject.psnr()));
      facts.put("unlikeness", Answers.finite(subject.unlikeness()));
      facts.put("unlike", Likeness.isUnlike(subject.unlikeness()));
    }
    Answers.json(request, facts);
  }

  private Script.Source source(JsonFields asked) {
    if (!asked.has("photo"))
      return new Script.Source(asked.integer("seed", 0, Long.MAX_VALUE), null, 0);
    Path file = workspace.photo(asked.text("photo"));
    if (!Files.isRegularFile(file))
      throw new Refusal(Refusal.NOT_FOUND, "this photograph is not in the workspace");
    return new Script.Source(0, file, asked.has("eta") ? asked.number("eta") : 1);
  }

  private Subject ofSeed(Script.Source source) {
    return Subject.ofSeed(model, source.seed(), options.sampling(), options.previewSteps());
  }

  private Subject ofPhoto(String id, Script.Source source) {
    InversionOptions inversion = options.inversion().withEta(EtaSchedule.constant(source.eta()));
    RgbImage picture = ImageFile.read(source.photo());
    return Answers.await(
        queue.submit(
            EngineQueue.Level.SIDE,
            id,
            "open",
            progress ->
                Subject.ofPicture(
                    model,
                    picture,
                    new ImageSource(
                        source.photo().getFileName().toString(),
                        Hashes.sha256(List.of(source.photo()))),
                    likeness,
                    inversion,
                    options.previewSteps(),
                    progress)));
  }

  private void close(Context request) {
    sessions.remove(request.pathParam("session"));
    Answers.json(request, Map.of());
  }

  private void pictures(Context request) {
    Session session = sessions.get(request.pathParam("session"));
    PictureRequest asked = PictureRequest.parse(Answers.fields(request));
    EngineQueue.Level level =
        asked.lane().equals(PictureRequest.LIVE)
            ? EngineQueue.Level.PICTURE
            : EngineQueue.Level.SIDE;
    List<RgbImage> pictures =
        Answers.await(
            queue.submit(
                level,
                session.id(),
                asked.lane(),
                progress ->
                    session
                        .subject()
                        .edited(
                            asked.edits(name -> session.direction(name, shelf)),
                            asked.editing(),
                            asked.quality(),
                            progress)));
    Answers.pictures(request, pictures);
  }
}
