package org.hspace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.image.Fit;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.io.AtomicFile;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Hashes;
import org.hspace.pipeline.ImageSource;
import org.hspace.pipeline.Model;

/**
 * Pictures that a user has, brought to the model's size.
 *
 * @param files where they come from
 * @param pictures one a file
 */
record Photographs(List<Path> files, List<RgbImage> pictures) {
  /** Reads them one by one: whole photographs need not fit in memory together. */
  static Photographs read(List<Path> files, Fit fit, Model model, Console console) {
    int[] shape = model.pictureShape(); // C, H, W
    List<RgbImage> fitted = new ArrayList<>();
    for (Path file : files) {
      RgbImage picture = ImageFile.read(file);
      if (picture.width() != shape[2] || picture.height() != shape[1]) {
        console.say(
            "%s: %d x %d pixels, brought to %d x %d (--fit %s)"
                .formatted(file, picture.width(), picture.height(), shape[2], shape[1], fit.id()));
      }
      fitted.add(fit.apply(picture, shape[2], shape[1]));
    }
    return new Photographs(files, fitted);
  }

  /**
   * The pictures of a folder, by their names.
   *
   * @throws HspaceException when it is no folder, or has none
   */
  static List<Path> list(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new HspaceException(
          folder
              + ": expected a folder of pictures, found "
              + (Files.exists(folder) ? "a file" : "nothing"));
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found = files.filter(ImageFile::isReadable).sorted().toList();
      if (!found.isEmpty()) return found;
    } catch (IOException e) {
      throw new HspaceException(folder + ": cannot be listed: " + AtomicFile.reason(e), e);
    }
    throw new HspaceException(
        folder + ": expected pictures (PNG, JPEG, TIFF, WebP, BMP), found none");
  }

  /** All of them (N, C, H, W) in [-1, 1]; of the enclosing scope. */
  Tensor tensor(Model model) {
    int channels = model.pictureShape()[0];
    return Tensors.cat(pictures.stream().map(picture -> picture.toTensor(channels)).toList(), 0);
  }

  /** What files of trajectories say of them. */
  List<ImageSource> sources() {
    return files.stream()
        .map(file -> new ImageSource(name(file), Hashes.sha256(List.of(file))))
        .toList();
  }

  /** Captions of the rows of a sheet. */
  List<String> names() {
    return files.stream().map(Photographs::name).toList();
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }
}
