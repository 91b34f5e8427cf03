package org.hspace.evaluate;

import java.util.List;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.Prompt;

/** What changes a sample, at a strength of which 0 changes nothing. */
public sealed interface Change {
  /** As tables call it. */
  String name();

  /** sha256 of a direction's values; empty where there are none. */
  String hash();

  /**
   * Δh, as many times as the strength says.
   *
   * @param direction not owned
   */
  record ByDirection(Direction direction) implements Change {
    @Override
    public String name() {
      return direction.name();
    }

    @Override
    public String hash() {
      return direction.hash();
    }
  }

  /**
   * The same noise under another prompt: {@code ε(own) + strength (ε(prompt) - ε(own))}, which is
   * guidance from the samples' own prompt to this one, so that 1 is the prompt itself.
   */
  record ByPrompt(Prompt prompt) implements Change {
    @Override
    public String name() {
      return "'" + prompt.text() + "'";
    }

    @Override
    public String hash() {
      return "";
    }
  }

  /** Each direction as a change. */
  static List<Change> of(List<Direction> directions) {
    return directions.stream().<Change>map(ByDirection::new).toList();
  }
}
