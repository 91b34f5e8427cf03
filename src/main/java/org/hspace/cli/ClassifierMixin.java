package org.hspace.cli;

import java.nio.file.Path;
import org.hspace.pipeline.Classifier;
import org.hspace.pipeline.Model;
import picocli.CommandLine.Option;

/** Which classifier scores images. */
final class ClassifierMixin {
  @Option(
      names = "--classifier",
      paramLabel = "DIR",
      order = 60,
      description =
          "Attribute classifier: config.json and model.safetensors (default: classifier/ in the model's directory).")
  @Reads
  private Path directory;

  /** Opens it, to be closed by the caller. */
  Classifier open(Model model) {
    Path chosen = directory == null ? model.directory().resolve("classifier") : directory;
    return Classifier.open(chosen, model.options().device());
  }
}
