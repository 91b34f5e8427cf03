package org.hspace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.HspaceException;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;
import org.hspace.io.AtomicFile;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Trajectory;

/** What commands do with pictures. */
final class Pictures {
  /** A sheet of more pictures is no longer something to look at. */
  private static final int MOST_ON_SHEET = 400;

  private Pictures() {}

  /**
   * Refuses to draw latents that nothing decodes.
   *
   * @throws HspaceException when the model's samples are no images, nor become any
   */
  static void checkDrawable(Model model, String option) {
    int channels = model.pictureShape()[0];
    if (channels != RgbImage.CHANNELS && channels != 1) {
      throw new HspaceException(
          "%s: the samples of %s have %d channels, which is no image (3 of colour, 1 of grey); trajectories can be saved"
              .formatted(option, model.directory(), channels));
    }
  }

  /** What came of trajectories. */
  static List<RgbImage> of(Model model, Trajectory trajectories) {
    try (PointerScope scope = new PointerScope()) {
      return RgbImage.all(model.pictures(trajectories.x0()));
    }
  }

  /** Writes one picture as it is, several as a sheet. */
  static void write(
      Path file,
      List<RgbImage> pictures,
      List<String> captions,
      Map<String, String> made,
      Console console) {
    if (pictures.size() == 1) {
      ImageFile.write(file, pictures.get(0), made);
      return;
    }
    int shown = Math.min(pictures.size(), MOST_ON_SHEET);
    if (shown < pictures.size()) {
      console.say("the sheet shows the first " + shown + " of " + pictures.size() + " pictures");
    }
    ImageFile.write(
        file, Sheet.of(pictures.subList(0, shown), captions.subList(0, shown)).render(), made);
  }

  /**
   * Names of files of pictures that captions tell apart, such as {@code seed-3_+1.5.png}: letters,
   * digits and few other characters of the captions, a number behind a name that comes again.
   *
   * @param captions of each picture, from the outermost in; empty ones count for nothing
   */
  static List<String> fileNames(List<List<String>> captions) {
    List<String> names = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (List<String> each : captions) {
      String name =
          each.stream()
              .filter(caption -> !caption.isEmpty())
              .map(Pictures::nameOf)
              .collect(Collectors.joining("_"));
      String fresh = name;
      for (int again = 2; !taken.add(fresh.toLowerCase(Locale.ROOT)); again++)
        fresh = name + "_" + again;
      names.add(fresh + ".png");
    }
    return names;
  }

  private static String nameOf(String caption) {
    String name =
        caption
            .replaceFirst("(?i)\\.(png|jpe?g|tiff?|webp|bmp)$", "")
            .replace('−', '-')
            .replace("×", "x")
            .replaceAll("[^\\p{L}\\p{N}.+-]+", "-")
            .replaceFirst("^\\.+", "");
    return name.isEmpty() ? "picture" : name;
  }

  /** Makes a folder for output, with those above it. */
  static void makeFolder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new HspaceException(
          "cannot make the folder " + folder + ": " + AtomicFile.reason(e), e);
    }
  }
}
