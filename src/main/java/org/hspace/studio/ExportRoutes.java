package org.hspace.studio;

import io.javalin.http.Context;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.hspace.HspaceException;
import org.hspace.app.EditPlan;
import org.hspace.app.EditSheet;
import org.hspace.app.Subject;
import org.hspace.image.Animation;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.io.AtomicFile;
import org.hspace.io.JsonFields;
import org.hspace.nativelib.Versions;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Window;

/**
 * An edit as files to take away: the picture, a grid of strengths, the way there and back, the
 * direction.
 */
final class ExportRoutes {
  private static final String PICTURE = "picture";
  private static final String GRID = "grid";
  private static final String SWEEP = "sweep";
  private static final String DIRECTION = "direction";

  private final Model model;
  private final StudioOptions options;
  private final Shelf shelf;
  private final EngineQueue queue;
  private final Sessions sessions;

  ExportRoutes(
      Model model, StudioOptions options, Shelf shelf, EngineQueue queue, Sessions sessions) {
    this.model = model;
    this.options = options;
    this.shelf = shelf;
    this.queue = queue;
    this.sessions = sessions;
  }

  List<Route> routes() {
    return List.of(Route.post("/api/sessions/{session}/export", this::export));
  }

  private void export(Context request) {
    Session session = sessions.get(request.pathParam("session"));
    JsonFields asked = Answers.fields(request);
    String what = asked.choice("what", List.of(PICTURE, GRID, SWEEP, DIRECTION));
    List<PictureRequest.Term> terms = PictureRequest.terms(asked);
    if (terms.isEmpty() && !what.equals(PICTURE))
      throw asked.error("edits", "at least one direction");
    if (what.equals(DIRECTION)) {
      answer(request, Workspace.DIRECTIONS, file -> saveDirection(session, terms, file));
      return;
    }
    boolean gif =
        what.equals(SWEEP)
            && asked.has("format")
            && asked.choice("format", List.of("png", "gif")).equals("gif");
    EditOptions editing = PictureRequest.editing(asked);
    answer(
        request,
        gif ? ".gif" : ".png",
        file ->
            Answers.await(
                queue.submit(
                    EngineQueue.Level.SIDE,
                    session.id(),
                    "export",
                    progress -> {
                      draw(what, session, terms, editing, file, progress);
                      return null;
                    })));
  }

  private void draw(
      String what,
      Session session,
      List<PictureRequest.Term> terms,
      EditOptions editing,
      Path file,
      Progress progress) {
    Subject subject = session.subject();
    EditSheet sheet = sheet(what, session, terms, editing);
    Map<String, String> made = made(session, sheet);
    if (what.equals(SWEEP)) {
      List<RgbImage> frames =
          sheet.frames(
              plan -> subject.edited(plan.edits(), editing, Subject.Quality.FULL, progress));
      Animation.write(file, frames, EditSheet.FRAME_MILLISECONDS, made);
      return;
    }
    List<RgbImage> pictures =
        subject.edited(sheet.plan().edits(), editing, Subject.Quality.FULL, progress);
    boolean alone = what.equals(PICTURE);
    ImageFile.write(
        file, alone ? pictures.get(pictures.size() - 1) : sheet.of(pictures).render(), made);
  }

  private EditSheet sheet(
      String what, Session session, List<PictureRequest.Term> terms, EditOptions editing) {
    List<Direction> directions =
        terms.stream().map(term -> session.direction(term.direction(), shelf)).toList();
    List<Window> windows = terms.stream().map(PictureRequest.Term::window).distinct().toList();
    if (windows.size() > 1)
      throw new HspaceException("edits: a picture has one window for all directions");
    Window window = windows.isEmpty() ? Window.ALL : windows.get(0);
    boolean grid = what.equals(GRID);
    EditPlan plan =
        EditPlan.of(
            directions,
            terms.stream()
                .map(term -> grid ? OptionalDouble.empty() : OptionalDouble.of(term.strength()))
                .toList(),
            null,
            terms.stream().map(term -> OptionalDouble.of(Math.abs(term.strength()))).toList(),
            window,
            grid ? EditPlan.Mode.EACH : EditPlan.Mode.TOGETHER);
    return new EditSheet(
        plan,
        List.of(session.source().caption()),
        plan.columns(),
        title(plan, window, editing),
        null);
  }

  private static String title(EditPlan plan, Window window, EditOptions editing) {
    StringBuilder title = new StringBuilder(plan.title());
    if (!window.equals(Window.ALL)) title.append(", window ").append(window);
    if (editing.asymmetric()) title.append(", asymmetric");
    if (editing.locality().keepBackground()) title.append(", where the edit acts");
    return title.toString().replaceFirst("^, ", "");
  }

  private Map<String, String> made(Session session, EditSheet sheet) {
    Map<String, String> made = new LinkedHashMap<>();
    made.put("Software", "hspace " + Versions.current().hspace());
    made.put("Model", model.directory().getFileName() + " " + model.hash());
    made.put("Images", session.source().caption());
    made.put("Edits", sheet.title());
    return made;
  }

  private void saveDirection(Session session, List<PictureRequest.Term> terms, Path file) {
    try (DirectionSet set =
        new CombinedEdit(model, options.sampling(), shelf).of("edit", terms, session)) {
      set.save(file);
    }
  }

  /** Sends what is written to a file. */
  private static void answer(Context request, String suffix, Consumer<Path> write) {
    Path file = null;
    try {
      file = Files.createTempFile("hspace-studio-", suffix);
      write.accept(file);
      String type =
          suffix.equals(Workspace.DIRECTIONS)
              ? "application/octet-stream"
              : "image/" + suffix.substring(1);
      request.contentType(type).result(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new HspaceException("cannot keep what is made: " + AtomicFile.reason(e), e);
    } finally {
      PhotoRoutes.remove(file);
    }
  }
}
