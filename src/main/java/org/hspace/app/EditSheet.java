package org.hspace.app;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;

/**
 * What a drawing of edits says beside its pictures.
 *
 * @param names of the images that are edited
 * @param columns captions of the plan's columns
 * @param outline of the masks that the directions are of, in a picture's pixels; null for none
 */
public record EditSheet(
    EditPlan plan, List<String> names, List<String> columns, String title, float[] outline) {
  /** Milliseconds that each of the {@link #frames} is shown. */
  public static final int FRAME_MILLISECONDS = 80;

  private static final int FRAMES = 21; // one way

  /** Image and block of each row; what all rows share is left out. */
  public List<String> rows() {
    List<String> rows = new ArrayList<>();
    for (String image : names) {
      for (String block : plan.blocks()) {
        boolean alone = names.size() == 1 && !block.isEmpty();
        rows.add(alone ? block : block.isEmpty() ? image : image + "\n" + block);
      }
    }
    return rows;
  }

  /** Image, block and column of each cell. */
  public List<List<String>> cells() {
    List<List<String>> cells = new ArrayList<>();
    for (String image : names) {
      for (String block : plan.blocks()) {
        for (String column : columns) cells.add(List.of(image, block, column));
      }
    }
    return cells;
  }

  /** The drawing of pictures, row by row. */
  public Sheet of(List<RgbImage> pictures) {
    return of(columns, pictures);
  }

  /** The drawing of other columns. */
  public Sheet of(List<String> captions, List<RgbImage> pictures) {
    Sheet sheet =
        new Sheet(pictures.size() / captions.size(), captions.size())
            .title(title)
            .outline(outline)
            .columns(captions)
            .rows(rows());
    for (int i = 0; i < pictures.size(); i++)
      sheet.set(i / captions.size(), i % captions.size(), pictures.get(i));
    return sheet;
  }

  /** The drawing with each image as it was given in front of its rows. */
  public Sheet beside(List<RgbImage> originals, List<RgbImage> pictures) {
    List<String> captions = new ArrayList<>(List.of("original"));
    captions.addAll(columns);
    List<RgbImage> all = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      if (i % columns.size() == 0) all.add(originals.get(i / plan.edits().size()));
      all.add(pictures.get(i));
    }
    return of(captions, all);
  }

  /**
   * The way from the first column to the last and back, for an animation.
   *
   * @param decode gives a plan's pictures, row by row
   * @return one drawing for each moment
   */
  public List<RgbImage> frames(Function<EditPlan, List<RgbImage>> decode) {
    EditPlan sweep = EditSweep.of(plan, FRAMES);
    List<RgbImage> pictures = decode.apply(sweep);
    List<RgbImage> frames = new ArrayList<>();
    for (int frame = 0; frame < FRAMES; frame++) {
      List<RgbImage> shown = new ArrayList<>();
      for (int i = frame; i < pictures.size(); i += FRAMES) shown.add(pictures.get(i));
      frames.add(of(List.of(sweep.columns().get(frame)), shown).render());
    }
    for (int frame = FRAMES - 2; frame > 0; frame--) frames.add(frames.get(frame)); // and back
    return frames;
  }
}
