package org.hspace.cli;

import org.hspace.pipeline.InjectInto;
import picocli.CommandLine.Option;

/** Which passes of guidance Δh goes into. */
final class InjectMixin {
  @Option(
      names = "--inject-into",
      paramLabel = "WHICH",
      defaultValue = "both",
      order = 30,
      description =
          "Under guidance, which of its two passes directions are added in: both, prompt or negative (default:"
              + " ${DEFAULT-VALUE}).")
  private InjectInto into;

  InjectInto value() {
    return into;
  }
}
