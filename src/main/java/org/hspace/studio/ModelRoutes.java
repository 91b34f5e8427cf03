package org.hspace.studio;

import io.javalin.http.Context;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hspace.HspaceException;
import org.hspace.app.Seeds;
import org.hspace.app.Subject;
import org.hspace.app.discover.AttributeDiscovery;
import org.hspace.image.RgbImage;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;

/** What the model is, which directions there are, and what its samples look like. */
final class ModelRoutes {
  private static final int MOST_SEEDS = 64;

  private final Model model;
  private final StudioOptions options;
  private final Shelf shelf;
  private final EngineQueue queue;

  ModelRoutes(Model model, StudioOptions options, Shelf shelf, EngineQueue queue) {
    this.model = model;
    this.options = options;
    this.shelf = shelf;
    this.queue = queue;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/api/model", this::describe),
        Route.get(
            "/api/directions", answer -> Answers.json(answer, Map.of("directions", shelf.list()))),
        Route.get("/api/samples", this::samples));
  }

  private void describe(Context answer) {
    int[] picture = model.pictureShape(); // {C, H, W}
    Map<String, Object> facts = new LinkedHashMap<>();
    Path name = model.directory().getFileName();
    facts.put("name", name == null ? model.directory().toString() : name.toString());
    facts.put("width", picture[2]);
    facts.put("height", picture[1]);
    facts.put("steps", options.sampling().steps());
    facts.put("preview_steps", Subject.preview(options.sampling(), options.previewSteps()).steps());
    facts.put("annotates", Files.isDirectory(AttributeDiscovery.classifier(model)));
    facts.put("workspace", options.workspace().toAbsolutePath().normalize().toString());
    Answers.json(answer, facts);
  }

  /** The samples of some seeds, side by side, in few steps. */
  private void samples(Context request) {
    String asked = request.queryParam("seeds");
    if (asked == null)
      throw new HspaceException("seeds: expected some, such as 0-11, found nothing");
    long[] seeds = Seeds.parse(asked).values();
    if (seeds.length > MOST_SEEDS)
      throw new HspaceException(
          "seeds: expected at most " + MOST_SEEDS + " of them, found " + seeds.length);
    SamplingOptions sampling =
        Subject.preview(options.sampling(), options.previewSteps()).withRecordH(false);
    List<RgbImage> pictures =
        Answers.await(
            queue.submit(
                EngineQueue.Level.SIDE,
                "samples",
                UUID.randomUUID().toString(),
                progress -> {
                  try (Trajectory sampled = new Sampler(model).sample(seeds, sampling, progress)) {
                    return RgbImage.all(model.pictures(sampled.x0()));
                  }
                }));
    Answers.pictures(request, pictures);
  }
}
