package org.hspace.pipeline;

/**
 * A direction as part of an edit.
 *
 * @param direction Δh; not owned
 * @param strength γ
 * @param window the part of the trajectory in which it acts
 */
public record WeightedDirection(Direction direction, double strength, Window window) {
  /** At every step. */
  public WeightedDirection(Direction direction, double strength) {
    this(direction, strength, Window.ALL);
  }
}
