package org.hspace.app.demo;

import java.util.List;
import java.util.Optional;

/**
 * One part of the demonstration. Panels run in order; a later one may use what an earlier one left
 * in the context.
 */
public interface Panel {
  /** What it does, for the progress display: "sampling". */
  String title();

  /** Why it cannot be drawn on this model; empty when it can. */
  default Optional<String> missing(DemoContext context) {
    return Optional.empty();
  }

  /** Makes its figures. */
  List<Figure> draw(DemoContext context);
}
