package org.hspace.directions;

import java.nio.file.Path;
import org.hspace.HspaceException;

/**
 * How a direction is made of examples.
 *
 * @param name of the direction
 * @param chunk pairs that are in memory at a time
 * @param checkpoint file to continue from and to save progress in after each chunk, or null
 */
public record ExampleOptions(String name, int chunk, Path checkpoint) {
  public ExampleOptions {
    if (name.isBlank())
      throw new HspaceException("name: expected a name for the direction, found none");
    if (chunk < 1) throw new HspaceException("chunk: expected at least 1, found " + chunk);
  }
}
