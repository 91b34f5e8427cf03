package org.hspace.pipeline;

import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.StringVector;
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
 * @param autoencoder directory of a latent model's autoencoder; null where samples are pictures
 * @param textEncoders directories of the text encoders, in the pipeline's order
 * @param tokenizers directories of their tokenizers, in that order
 * @param pipelineClass the pipeline's class; empty where no {@code model_index.json} says it
 * @param zerosForEmptyPrompt whether a missing negative prompt is all zeros (SDXL), instead of the
 *     empty text
 */
public record ModelDirectory(
    Path root,
    Path unet,
    Path scheduler,
    Path autoencoder,
    List<Path> textEncoders,
    List<Path> tokenizers,
    String pipelineClass,
    boolean zerosForEmptyPrompt) {
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
        Path.of(Utf8.string(found.scheduler())),
        Utf8.string(found.autoencoder()).isEmpty()
            ? null
            : Path.of(Utf8.string(found.autoencoder())),
        paths(found.textEncoders()),
        paths(found.tokenizers()),
        Utf8.string(found.pipelineClass()),
        found.zerosForEmptyPrompt());
  }

  private static List<Path> paths(StringVector places) {
    return Utf8.strings(places).stream().map(Path::of).toList();
  }

  /** The U-Net's {@code config.json}. */
  public Path unetConfig() {
    return unet.resolve("config.json");
  }
}
