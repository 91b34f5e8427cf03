package org.hspace.pipeline;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.hspace.HspaceException;

/**
 * Which of the two passes of guidance Δh is added in. Without guidance there is one, whose Δh this
 * does not change.
 */
public enum InjectInto {
  BOTH,
  PROMPT,
  NEGATIVE;

  /** As the command line and files write it. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads that.
   *
   * @throws HspaceException naming the three
   */
  public static InjectInto parse(String id) {
    return Arrays.stream(values())
        .filter(into -> into.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new HspaceException(
                    "expected one of "
                        + Arrays.stream(values())
                            .map(InjectInto::id)
                            .collect(Collectors.joining(", "))
                        + ", found '"
                        + id
                        + "'"));
  }
}
