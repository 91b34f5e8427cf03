package org.hspace.studio;

import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import org.hspace.pipeline.Model;

/** Long work: begun, looked at, ended, gone on with. */
final class JobRoutes {
  private final Model model;
  private final Jobs jobs;

  JobRoutes(Model model, Jobs jobs) {
    this.model = model;
    this.jobs = jobs;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/api/jobs", this::list),
        Route.post("/api/jobs", this::start),
        Route.get("/api/jobs/{job}", this::show),
        Route.delete("/api/jobs/{job}", this::remove),
        Route.post("/api/jobs/{job}/cancel", this::cancel),
        Route.post("/api/jobs/{job}/resume", this::resume));
  }

  private Map<String, Object> describe(Job job) {
    return job.describe(model.directory().toString());
  }

  private void list(Context request) {
    Answers.json(request, Map.of("jobs", jobs.list().stream().map(this::describe).toList()));
  }

  private void start(Context request) {
    Answers.json(request, describe(jobs.start(Answers.fields(request))));
  }

  private void show(Context request) {
    Answers.json(request, describe(jobs.get(request.pathParam("job"))));
  }

  private void remove(Context request) {
    jobs.remove(request.pathParam("job"));
    Answers.json(request, Map.of());
  }

  private void cancel(Context request) {
    jobs.cancel(request.pathParam("job"));
    show(request);
  }

  private void resume(Context request) {
    jobs.resume(request.pathParam("job"));
    show(request);
  }
}
