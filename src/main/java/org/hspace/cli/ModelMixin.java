package org.hspace.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.hspace.HspaceException;
import org.hspace.io.HubCache;
import org.hspace.io.PathText;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Device;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.ModelOptions;
import picocli.CommandLine.Option;

/** Which model, and how it runs. */
final class ModelMixin {
  private static final String SHIPPED = "models/avatars-64";

  @Option(
      names = "--model",
      paramLabel = "DIR",
      order = 80,
      description =
          "A diffusers pipeline directory, or OWNER/NAME of one in the Hugging Face cache (default: the environment's"
              + " HSPACE_MODEL, else the shipped "
              + SHIPPED
              + ").")
  @Reads
  private Path directory;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      order = 81,
      description = "cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
  private Device device;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "float32",
      order = 82,
      description = "float32, float64 or bfloat16 (default: ${DEFAULT-VALUE}).")
  private DType dtype;

  @Option(
      names = "--variant",
      paramLabel = "NAME",
      defaultValue = "",
      order = 83,
      description = "Variant of the weight files, for instance fp16.")
  private String variant;

  @Option(
      names = "--tile",
      paramLabel = "N",
      defaultValue = "0",
      order = 84,
      description =
          "Of a latent model: encode and decode pictures in overlapping tiles of N x N latents, which takes less memory"
              + " and is less exact (default: whole pictures).")
  private int tile;

  /** The directory asked for, or the default one. */
  Path directory() {
    if (directory != null) return located(directory);
    String environment = System.getenv("HSPACE_MODEL");
    if (environment != null && !environment.isEmpty()) return located(PathText.parse(environment));
    Path shipped = Main.home().resolve(SHIPPED);
    if (!Files.isDirectory(shipped)) {
      throw new HspaceException(
          "no model: " + shipped + " is not there; name one with --model DIR or HSPACE_MODEL");
    }
    return shipped;
  }

  /** A name that is no folder's is looked up in the hub's cache. */
  private static Path located(Path named) {
    String name = named.toString();
    if (Files.exists(named) || !HubCache.isName(name)) return named;
    HubCache cache = HubCache.ofUser();
    return cache
        .find(name)
        .orElseThrow(
            () ->
                new HspaceException(
                    "%s: expected a folder, or a model of the Hugging Face cache %s, found neither; it is downloaded by:"
                            .formatted(name, cache.folder())
                        + " hf download "
                        + name));
  }

  /** Whether the user named a model. */
  boolean given() {
    return directory != null;
  }

  /** Opens the model, and says what it remarks. */
  Model open(Console console) {
    return open(null, console);
  }

  /** Opens another directory with the same options; null for the one asked for. */
  Model open(Path other, Console console) {
    ModelOptions options;
    try {
      options = new ModelOptions(dtype, device, variant, tile);
    } catch (HspaceException e) {
      throw new HspaceException("--" + e.getMessage(), e);
    }
    Model model = Model.open(other == null ? directory() : other, options);
    model.warnings().forEach(console::warn);
    return model;
  }

  /**
   * Opens the model for sampling, and says what its scheduler asks for that is not done.
   *
   * @param clipped whether predictions are clipped
   */
  Model openToSample(boolean clipped, Console console) {
    Model model = open(console);
    sayNotApplied(model, clipped, console);
    return model;
  }

  /** Says what a model's scheduler asks for that is not done. */
  static void sayNotApplied(Model model, boolean clipped, Console console) {
    for (String remark : model.schedulerConfig().notApplied(clipped)) {
      console.say(model.parts().scheduler() + ": " + remark);
    }
  }
}
