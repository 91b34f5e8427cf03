package org.hspace.evaluate;

import org.hspace.pipeline.Direction;

/**
 * A change and the attribute that it is meant to change.
 *
 * @param attribute one of the classifier's labels
 */
public record Target(Change change, String attribute) {
  /**
   * A direction's.
   *
   * @param direction Δh; not owned
   */
  public Target(Direction direction, String attribute) {
    this(new Change.ByDirection(direction), attribute);
  }
}
