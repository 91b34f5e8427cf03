package org.hspace.studio;

import io.javalin.http.Context;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.app.JacobianReport;
import org.hspace.app.Subject;
import org.hspace.app.VisibleStrength;
import org.hspace.directions.JacobianDirections;
import org.hspace.directions.JacobianOptions;
import org.hspace.image.ImageFile;
import org.hspace.image.MaskFile;
import org.hspace.io.AtomicFile;
import org.hspace.linalg.SvdOptions;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.InjectInto;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Trajectory;

/** Directions of one picture, under a mask that somebody draws on it. */
final class FindRoutes {
  private static final int MOST_BYTES = 4 << 20;
  private static final int MOST_PIXELS = 4_000_000;
  private static final int VECTORS = 3;

  /** Where along the preview's steps they are found: large forms, parts, details. */
  private static final double[] PLACES = {0.3, 0.55, 0.8};

  private final Model model;
  private final Shelf shelf;
  private final EngineQueue queue;
  private final Sessions sessions;

  FindRoutes(Model model, Shelf shelf, EngineQueue queue, Sessions sessions) {
    this.model = model;
    this.shelf = shelf;
    this.queue = queue;
    this.sessions = sessions;
  }

  List<Route> routes() {
    return List.of(Route.post("/api/sessions/{session}/directions", this::find));
  }

  private void find(Context request) {
    Session session = sessions.get(request.pathParam("session"));
    byte[] mask = Answers.body(request, MOST_BYTES);
    float[] inside = mask.length == 0 ? null : inside(mask);
    List<Map<String, Object>> found =
        Answers.await(
            queue.submit(
                EngineQueue.Level.SIDE,
                session.id(),
                "directions",
                progress -> session.use(() -> find(session, inside, progress))));
    Answers.json(request, Map.of("directions", found));
  }

  private List<Map<String, Object>> find(Session session, float[] inside, Progress progress) {
    Subject subject = session.subject();
    Trajectory trajectory = subject.trajectory(Subject.Quality.PREVIEW);
    try (PointerScope scope = new PointerScope();
        DirectionSet set =
            new JacobianDirections(model)
                .run(trajectory, 0, options(inside, trajectory.steps()), progress)) {
      List<String> ids = session.keep(set);
      List<Direction> directions = ids.stream().map(id -> session.direction(id, shelf)).toList();
      double[] strengths = VisibleStrength.of(subject, directions, inside, progress);
      JacobianReport report = new JacobianReport(set, 0);
      List<Map<String, Object>> entries = new ArrayList<>();
      for (int k = 0; k < ids.size(); k++) {
        int step = k / VECTORS;
        int vector = k % VECTORS;
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("id", ids.get(k));
        entry.put("name", set.names().get(k));
        entry.put("from", "this picture");
        entry.put("suggested", strengths[k]);
        entry.put("residual", Answers.finite(report.residuals()[step][vector]));
        entry.put("converged", report.converged()[step][vector] != 0);
        entries.add(entry);
      }
      return entries;
    }
  }

  /** Of the enclosing scope. */
  private JacobianOptions options(float[] inside, int steps) {
    int[] picture = model.pictureShape(); // {C, H, W}
    Tensor mask =
        inside == null
            ? null
            : model.sampleMask(Tensor.create(inside, 1, 1, picture[1], picture[2]));
    int[] at =
        IntStream.range(0, PLACES.length).map(i -> (int) (PLACES[i] * steps)).distinct().toArray();
    return new JacobianOptions(
        SvdOptions.of(VECTORS),
        true,
        at,
        mask,
        mask == null ? null : "drawn",
        0,
        InjectInto.BOTH,
        JacobianOptions.DEFAULT.memory());
  }

  /** The pixels of a mask, zeros and ones (H·W). */
  private float[] inside(byte[] png) {
    int[] picture = model.pictureShape(); // {C, H, W}
    Path file = null;
    try (PointerScope scope = new PointerScope()) {
      file = Files.createTempFile("hspace-studio-", ".png");
      Files.write(file, png);
      ImageFile.checkReadable(file, MOST_PIXELS);
      Tensor mask = MaskFile.read(file.toString(), picture[1], picture[2]);
      float[] inside = new float[picture[1] * picture[2]];
      try (FloatPointer data = mask.data_ptr_float()) {
        data.get(inside);
      }
      return inside;
    } catch (IOException e) {
      throw new HspaceException("cannot keep the mask: " + AtomicFile.reason(e), e);
    } catch (HspaceException e) {
      throw new HspaceException(
          e.getMessage().replace("mask " + file, "the mask").replace("image " + file, "the mask"),
          e);
    } finally {
      PhotoRoutes.remove(file);
    }
  }
}
