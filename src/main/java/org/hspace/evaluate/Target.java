package org.hspace.evaluate;

import org.hspace.pipeline.Direction;

/**
 * A direction and the attribute that it is meant to change.
 *
 * @param direction Δh; not owned
 * @param attribute one of the classifier's labels
 */
public record Target(Direction direction, String attribute) {}
