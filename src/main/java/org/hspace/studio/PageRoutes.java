package org.hspace.studio;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** The page, its modules, and the description of the interface, as they lie in the jar. */
final class PageRoutes {
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "json", "application/json",
          "txt", "text/plain; charset=utf-8");

  private final Gate gate;

  PageRoutes(Gate gate) {
    this.gate = gate;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/", this::page),
        Route.get("/openapi.json", answer -> send(answer, "openapi.json")),
        Route.get("/page/{file}", answer -> send(answer, "page/" + answer.pathParam("file"))));
  }

  private void page(Context answer) {
    gate.welcome(answer);
    send(answer, "page/index.html");
  }

  private static void send(Context answer, String name) {
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    if (type == null || !name.matches("(page/)?[a-z0-9-]+\\.[a-z]+")) throw missing();
    try (InputStream file = PageRoutes.class.getResourceAsStream(name)) {
      if (file == null) throw missing();
      answer.contentType(type).result(file.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Refusal missing() {
    return new Refusal(Refusal.NOT_FOUND, "there is nothing of that name");
  }
}
