package org.hspace.pipeline;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.NativeResource;

/** Images as the decoder makes them, with values in [-1, 1]; latents of a latent model. */
public final class Images extends NativeResource {
  private final Tensor tensor; // (N, C, H, W)

  /**
   * What a C++ call returns.
   *
   * @param call makes the images (N, C, H, W), on the CPU
   */
  public Images(Supplier<Tensor> call) {
    this.tensor = NativeCall.scoped(() -> own(call.get()));
  }

  /** Number of images N. */
  public int size() {
    return use(() -> Math.toIntExact(tensor.size(0)));
  }

  /** All of them (N, C, H, W): a LibTorch tensor, for those who embed this. */
  public Tensor tensor() {
    return share(tensor);
  }

  /**
   * One of them as a picture.
   *
   * @throws IllegalArgumentException of a model whose samples have neither three channels nor one
   */
  public RgbImage picture(int number) {
    return use(() -> RgbImage.of(tensor, Objects.checkIndex(number, size())));
  }

  /** All of them as pictures. */
  public List<RgbImage> pictures() {
    return use(() -> RgbImage.all(tensor));
  }

  /**
   * Writes one of them as a picture.
   *
   * @param file its name says the format, for instance {@code face.png}
   * @throws org.hspace.HspaceException when it cannot be written
   */
  public void save(int number, Path file) {
    ImageFile.write(file, picture(number));
  }
}
