package org.hspace.studio;

import io.javalin.http.Handler;
import io.javalin.http.HandlerType;

/**
 * What is served where.
 *
 * @param method of HTTP
 * @param path as Javalin writes it: {@code {name}} is one part of it
 */
record Route(HandlerType method, String path, Handler handler) {
  static Route get(String path, Handler handler) {
    return new Route(HandlerType.GET, path, handler);
  }

  static Route post(String path, Handler handler) {
    return new Route(HandlerType.POST, path, handler);
  }

  static Route delete(String path, Handler handler) {
    return new Route(HandlerType.DELETE, path, handler);
  }
}
