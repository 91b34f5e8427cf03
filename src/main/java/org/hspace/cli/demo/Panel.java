package org.hspace.cli.demo;

import java.util.List;

/**
 * One part of the demonstration. Panels run in order; a later one may use what an earlier one left
 * in the context.
 */
public interface Panel {
  /** What it does, for the progress display: "sampling". */
  String title();

  /** Makes its figures. */
  List<Figure> draw(DemoContext context);
}
