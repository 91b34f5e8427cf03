package org.hspace.studio;

import io.javalin.http.Context;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.app.OwnDirections;
import org.hspace.image.ImageFile;
import org.hspace.image.MaskFile;
import org.hspace.io.AtomicFile;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;

/** Directions of one picture, under a mask that somebody draws on it. */
final class FindRoutes {
  private static final int MOST_BYTES = 4 << 20;
  private static final int MOST_PIXELS = 4_000_000;

  private final Model model;
  private final EngineQueue queue;
  private final Sessions sessions;

  FindRoutes(Model model, EngineQueue queue, Sessions sessions) {
    this.model = model;
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
    try (OwnDirections found = OwnDirections.find(model, session.subject(), inside, progress)) {
      List<String> ids = session.keep(found.directions());
      List<Map<String, Object>> entries = new ArrayList<>();
      for (int k = 0; k < ids.size(); k++) {
        OwnDirections.Facts facts = found.facts().get(k);
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("id", ids.get(k));
        entry.put("name", found.directions().names().get(k));
        entry.put("from", "this picture");
        entry.put("suggested", facts.suggested());
        entry.put("residual", Answers.finite(facts.residual()));
        entry.put("converged", facts.converged());
        facts.inside().ifPresent(share -> entry.put("inside", Answers.finite(share)));
        entries.add(entry);
      }
      return entries;
    }
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
