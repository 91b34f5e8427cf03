package org.hspace.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.app.EditPlan;
import org.hspace.app.Likeness;
import org.hspace.image.Fit;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Images;
import org.hspace.pipeline.Inversion;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Inverter;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;

/**
 * Pictures inverted and edited in one go.
 *
 * @param model not owned
 * @param maker of the edited pictures
 */
record PhotographEdit(Model model, InversionOptions inversion, EditOptions editing, Cells maker) {
  /**
   * Says which pictures the model takes badly: those unlike its training data, or placed otherwise.
   */
  void warnOfUnlike(Photographs photographs, Console console) {
    try (PointerScope scope = new PointerScope()) {
      double[] times =
          new Likeness(model, inversion.conditioning())
              .of(model.samples(photographs.tensor(model)), Progress.NONE);
      for (int i = 0; i < times.length; i++) {
        if (!Likeness.isUnlike(times[i])) continue;
        console.warn(
            String.format(
                Locale.ROOT,
                "%s: unlike the pictures that the model knows, or not placed as they are: it denoises it %.1f times as badly"
                    + " as its own; edits may fail",
                photographs.files().get(i),
                times[i]));
      }
    }
  }

  /** The pictures' trajectories. */
  Inversion invert(Photographs photographs, Console console) {
    try (PointerScope scope = new PointerScope()) {
      Tensor samples = model.samples(photographs.tensor(model)); // (N, C, H, W)
      return new Inverter(model)
          .invert(
              samples,
              photographs.sources(),
              inversion,
              console.progress("inverting", photographs.files().size()));
    }
  }

  /** All cells of a plan, picture by picture. */
  private List<RgbImage> cells(Photographs photographs, EditPlan plan, Console console) {
    try (Inversion found = invert(photographs, console);
        Images cells =
            maker.make(found.trajectory(), plan.edits(), editing, console.progress("editing"))) {
      return cells.pictures();
    }
  }

  /**
   * Edits pictures into a folder, one by one under their names; those that are there are left.
   *
   * @param plan whose last cell is taken
   * @param settings what an earlier run into the folder must have had too
   * @param made what the files say of how they were made
   * @throws HspaceException when two pictures have one name, or the folder was made otherwise
   */
  void folder(
      List<Path> files,
      Path folder,
      Fit fit,
      EditPlan plan,
      Map<String, String> settings,
      Map<String, String> made,
      Console console) {
    SortedMap<Path, Path> pictures = new TreeMap<>(); // by the file to be written
    for (Path file : files) {
      Path parent = file.toAbsolutePath().normalize().getParent();
      if (parent.equals(folder.toAbsolutePath().normalize())) {
        throw new HspaceException(
            "--out %s: expected another folder than that of %s".formatted(folder, file));
      }
      Path twin = pictures.put(folder.resolve(name(file)), file);
      if (twin != null) {
        throw new HspaceException(
            "%s and %s would both be written as %s"
                .formatted(twin, file, folder.resolve(name(file))));
      }
    }
    Pictures.makeFolder(folder);
    FolderRecord.keep(folder, settings, pictures.keySet());
    int done = 0;
    for (Map.Entry<Path, Path> each : pictures.entrySet()) {
      if (Files.exists(each.getKey())) {
        done++;
        continue;
      }
      Photographs one = Photographs.read(List.of(each.getValue()), fit, model, console);
      List<RgbImage> cells = cells(one, plan, console);
      ImageFile.write(each.getKey(), cells.get(cells.size() - 1), made);
      console.say("wrote " + each.getKey());
    }
    if (done > 0) console.say(done + " of " + pictures.size() + " pictures were there already");
  }

  /** A picture's own name, as PNG where its format cannot be written. */
  private static String name(Path file) {
    String name = file.getFileName().toString();
    return ImageFile.isWritable(file) ? name : name.substring(0, name.lastIndexOf('.')) + ".png";
  }
}
