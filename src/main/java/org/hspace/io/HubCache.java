package org.hspace.io;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Where Hugging Face's programs keep what they download. */
public final class HubCache {
  private static final Pattern NAME = Pattern.compile("[\\w.-]+/[\\w.-]+");

  private final Path folder;

  /**
   * The cache that an environment names, as {@code huggingface_hub} finds it.
   *
   * @param environment its variables
   * @param home the user's home directory
   */
  public HubCache(Map<String, String> environment, Path home) {
    this.folder =
        variable(environment, "HF_HUB_CACHE")
            .or(() -> variable(environment, "HUGGINGFACE_HUB_CACHE"))
            .or(() -> variable(environment, "HF_HOME").map(hf -> hf.resolve("hub")))
            .or(
                () ->
                    variable(environment, "XDG_CACHE_HOME")
                        .map(cache -> cache.resolve("huggingface/hub")))
            .orElse(home.resolve(".cache/huggingface/hub"));
  }

  /** The cache of this process and user. */
  public static HubCache ofUser() {
    return new HubCache(System.getenv(), PathText.parse(System.getProperty("user.home", "")));
  }

  private static Optional<Path> variable(Map<String, String> environment, String name) {
    String value = environment.get(name);
    return value == null || value.isEmpty() ? Optional.empty() : Optional.of(PathText.parse(value));
  }

  /** Whether a name can be that of a model on the hub: OWNER/NAME. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches() && !name.startsWith(".");
  }

  /** Where it lies. */
  public Path folder() {
    return folder;
  }

  /** The model's folder in the cache, which has its snapshots; none where it was not downloaded. */
  public Optional<Path> find(String name) {
    Path model = folder.resolve("models--" + name.replace("/", "--"));
    return Files.isDirectory(model.resolve("snapshots")) ? Optional.of(model) : Optional.empty();
  }
}
