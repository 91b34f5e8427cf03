package org.hspace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Progress saved beside the output file, and whether an interrupted run goes on from it. */
final class CheckpointMixin {
  @Option(
      names = "--resume",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      order = 9,
      description = "Go on from an interrupted run (default), or start over.")
  private boolean resume;

  /**
   * Says that the run goes on from its checkpoint, if there is one, or removes it to start over.
   *
   * @throws IOException when it cannot be removed
   */
  void begin(Path checkpoint, Console console) throws IOException {
    if (!resume) {
      Files.deleteIfExists(checkpoint);
    } else if (Files.exists(checkpoint)) {
      console.say("going on from " + checkpoint);
    }
  }
}
