package org.hspace.pipeline;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.NativeResource;

/**
 * Images as the decoder makes them. Those of a latent model are latents; asked for as pictures they
 * are decoded, one at a time, for which the model has to be open still.
 */
public final class Images extends NativeResource {
  private final Model model; // null where the images are pictures anyway
  private final Tensor tensor; // (N, C, H, W)

  /**
   * Pictures that a C++ call returns.
   *
   * @param call makes them (N, C, H, W), on the CPU
   */
  public Images(Supplier<Tensor> call) {
    this(null, call);
  }

  /**
   * Samples that a C++ call returns.
   *
   * @param model whose samples they are, not owned
   * @param call makes the images (N, C, H, W), on the CPU
   */
  public Images(Model model, Supplier<Tensor> call) {
    this.model = model;
    this.tensor = NativeCall.scoped(() -> own(call.get()));
  }

  /** Number of images N. */
  public int size() {
    return use(() -> Math.toIntExact(tensor.size(0)));
  }

  /** All of them (N, C, H, W), as they are: a LibTorch tensor, for those who embed this. */
  public Tensor tensor() {
    return share(tensor);
  }

  /**
   * One of them as a picture.
   *
   * @throws IllegalArgumentException of a model whose samples have neither three channels nor one
   */
  public RgbImage picture(int number) {
    return use(
        () -> {
          int row = Objects.checkIndex(number, size());
          if (model == null || !model.latent()) return RgbImage.of(tensor, row);
          return NativeCall.scoped(() -> RgbImage.of(model.pictures(tensor.narrow(0, row, 1)), 0));
        });
  }

  /** All of them as pictures. */
  public List<RgbImage> pictures() {
    return use(() -> IntStream.range(0, size()).mapToObj(this::picture).toList());
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
