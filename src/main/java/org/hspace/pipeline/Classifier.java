package org.hspace.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;
import org.hspace.nativelib.Utf8;

/** Scores pictures: an attribute classifier of torchvision's ResNet family, in evaluation mode. */
public final class Classifier extends NativeResource {
  private final Path directory;
  private final HspaceNative.Classifier handle;
  private final List<String> labels;

  private Classifier(Path directory, Device device) {
    this.directory = directory;
    this.handle =
        NativeCall.scoped(
            () -> own(new HspaceNative.Classifier(directory.toString(), device.toNative())));
    this.labels = NativeCall.scoped(() -> List.copyOf(Utf8.strings(handle.labels())));
  }

  /**
   * Loads a directory of {@code config.json} and {@code model.safetensors}.
   *
   * @throws HspaceException naming what is missing or does not fit
   */
  public static Classifier open(Path directory, Device device) {
    NativeLibrary.load();
    if (!Files.isRegularFile(directory.resolve("config.json"))) {
      throw new HspaceException(
          directory + ": expected a classifier directory with config.json and model.safetensors");
    }
    return new Classifier(directory, device);
  }

  /** Where it was loaded from. */
  public Path directory() {
    return directory;
  }

  /** sha256 of its files. */
  public String hash() {
    return Hashes.sha256(
        List.of(directory.resolve("config.json"), directory.resolve("model.safetensors")));
  }

  /** The attributes, in the order of the scores' columns. */
  public List<String> labels() {
    return labels;
  }

  /**
   * The column of an attribute.
   *
   * @throws HspaceException naming the attributes that there are
   */
  public int column(String label) {
    int column = labels.indexOf(label);
    if (column < 0) {
      throw new HspaceException(
          "attribute: expected one of " + String.join(", ", labels) + ", found '" + label + "'");
    }
    return column;
  }

  /**
   * Scores pictures.
   *
   * @param images (B, 3, H, W) in [-1, 1], or (B, 1, H, W) of grey
   * @return (B, labels), float32; probabilities, or the units of the classifier's config
   */
  public Tensor scores(Tensor images) {
    Tensor scores = use(() -> Tensors.scoped(() -> handle.scores(coloured(images))));
    return Finite.require(scores, directory + ": scores of pictures");
  }

  /**
   * How far apart pictures look to the classifier: the differences of its features at each stage,
   * of unit length at every position, as LPIPS (Zhang et al. 2018) with all weights 1.
   *
   * @param images (B, 3, H, W) in [-1, 1], or (B, 1, H, W) of grey
   * @param others likewise, one for each
   * @return (B), float32, 0 for equal pictures
   */
  public Tensor distances(Tensor images, Tensor others) {
    Tensor distances =
        use(() -> Tensors.scoped(() -> handle.distances(coloured(images), coloured(others))));
    return Finite.require(distances, directory + ": distances of pictures");
  }

  private static Tensor coloured(Tensor images) {
    boolean grey = images.dim() == 4 && images.size(1) == 1;
    return grey ? images.expand(-1, 3, -1, -1) : images;
  }
}
