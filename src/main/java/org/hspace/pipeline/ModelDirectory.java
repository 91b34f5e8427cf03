package org.hspace.pipeline;

import java.nio.file.Path;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.Utf8;

/**
 * Where the parts of a model lie: in folders as diffusers saves a pipeline, flat beside one
 * another, around a bare {@code unet/} folder, or in a hub cache.
 *
 * @param root the directory that holds them
 * @param unet directory of the U-Net's {@code config.json} and weights
 * @param scheduler the {@code scheduler_config.json}
 */
public record ModelDirectory(Path root, Path unet, Path scheduler) {
  /**
   * Finds the parts.
   *
   * @throws org.hspace.HspaceException in one line, naming what is missing, or what a pipeline of
   *     another kind would need
   */
  public static ModelDirectory find(Path directory) {
    return NativeCall.scoped(
        () -> of(HspaceNative.ModelDirectory.find(Utf8.bytes(directory.toString()))));
  }

  static ModelDirectory of(HspaceNative.ModelDirectory found) {
    return new ModelDirectory(
        Path.of(Utf8.string(found.root())),
        Path.of(Utf8.string(found.unet())),
        Path.of(Utf8.string(found.scheduler())));
  }

  /** The U-Net's {@code config.json}. */
  public Path unetConfig() {
    return unet.resolve("config.json");
  }
}
