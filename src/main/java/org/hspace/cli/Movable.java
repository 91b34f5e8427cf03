package org.hspace.cli;

import org.hspace.app.Workplace;

/** A command whose samples can be made elsewhere. */
abstract class Movable extends HspaceCommand {
  private Workplace place = Workplace.HERE;

  /** Samples are made there from now on. */
  final void moveTo(Workplace other) {
    place = other;
  }

  /** Where samples are made. */
  final Workplace place() {
    return place;
  }
}
