package org.hspace.studio;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.util.JavalinBindException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.hspace.HspaceException;
import org.hspace.pipeline.Model;

/** A server of one model's studio, from {@link #open} until it is closed. */
public final class Studio implements AutoCloseable {
  private final StudioOptions options;
  private final Consumer<Throwable> trouble;
  private final EngineQueue queue = new EngineQueue();
  private final Shelf shelf;
  private final Sessions sessions = new Sessions(session -> queue.cancel(session.id()));
  private final Jobs jobs;
  private final List<Route> routes;
  private final Gate gate;
  private final Javalin server;

  private Studio(Model model, StudioOptions options, Consumer<Throwable> trouble) {
    this.options = options;
    this.trouble = trouble;
    Workspace workspace = new Workspace(options.workspace());
    this.shelf = new Shelf(model, workspace);
    this.jobs = new Jobs(model, options, workspace, shelf, queue, trouble);
    this.gate = new Gate(options.host(), options.token());
    this.routes =
        Stream.of(
                new PageRoutes(gate).routes(),
                new ModelRoutes(model, options, shelf, queue).routes(),
                new PhotoRoutes(model, workspace).routes(),
                new SessionRoutes(model, options, workspace, shelf, queue, sessions).routes(),
                new FindRoutes(model, queue, sessions).routes(),
                new KeepRoutes(model, options, jobs, shelf, sessions).routes(),
                new ExportRoutes(model, options, shelf, queue, sessions).routes(),
                new JobRoutes(model, jobs).routes(),
                new DisentangleRoutes(model, jobs, shelf).routes())
            .flatMap(List::stream)
            .toList();
    this.server = Javalin.create(this::configure);
  }

  /**
   * Serves a model.
   *
   * @param model not owned
   * @param trouble hears of errors that are this program's, not the user's
   * @throws HspaceException when the address is taken, or not this machine's
   */
  public static Studio open(Model model, StudioOptions options, Consumer<Throwable> trouble) {
    Studio studio = new Studio(model, options, trouble);
    try {
      studio.server.start(options.host(), options.port());
      studio.jobs.goOn();
      return studio;
    } catch (JavalinBindException e) {
      studio.close();
      throw new HspaceException(
          "cannot listen on %s, port %d: the port is taken or not allowed, or the address is not this machine's"
              .formatted(options.host(), options.port()),
          e);
    }
  }

  /**
   * Whether an address is this machine's alone; for others a token has to be agreed on beforehand.
   */
  public static boolean isLoopback(String host) {
    return Gate.isLoopback(host);
  }

  private void configure(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.http.defaultContentType = "text/plain; charset=utf-8";
    config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
    config.routes.before(gate::check);
    for (Route route : routes)
      config.routes.addHttpHandler(route.method(), route.path(), route.handler());
    config.routes.exception(
        Refusal.class, (e, answer) -> refuse(answer, e.status(), e.getMessage()));
    config.routes.exception(
        HspaceException.class, (e, answer) -> refuse(answer, 400, e.getMessage()));
    config.routes.exception(
        CancellationException.class, (e, answer) -> refuse(answer, 409, e.getMessage()));
    config.routes.exception(Exception.class, this::fail);
    config.routes.error(
        HttpStatus.NOT_FOUND,
        answer -> {
          if (!"application/json".equals(answer.res().getContentType()))
            refuse(answer, Refusal.NOT_FOUND, "there is nothing of that name");
        });
  }

  private void fail(Exception e, Context answer) {
    trouble.accept(e);
    refuse(answer, 500, "the studio has a fault: " + e);
  }

  private static void refuse(Context answer, int status, String sentence) {
    answer.status(status);
    Answers.json(answer, Map.of("error", sentence));
  }

  /** What is served. */
  List<Route> routes() {
    return routes;
  }

  /** The address without the token. */
  public String origin() {
    String host = options.host();
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + server.port();
  }

  /** The address that opens the page. */
  public String address() {
    return origin() + "/?token=" + options.token();
  }

  /** Ends the server, and all work. */
  @Override
  public void close() {
    queue.close();
    server.stop();
    sessions.close();
    shelf.close();
  }
}
