package org.hspace.cli;

import java.util.ArrayList;
import java.util.List;
import org.hspace.app.EditPlan;
import org.hspace.image.RgbImage;
import org.hspace.image.Sheet;

/**
 * What a drawing of edits says beside its pictures.
 *
 * @param names of the images that are edited
 * @param columns captions of the plan's columns
 * @param outline of the masks that the directions are of, in a picture's pixels; null for none
 */
record EditSheet(
    EditPlan plan, List<String> names, List<String> columns, String title, float[] outline) {
  /** Image and block of each row; what all rows share is left out. */
  List<String> rows() {
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
  List<List<String>> cells() {
    List<List<String>> cells = new ArrayList<>();
    for (String image : names) {
      for (String block : plan.blocks()) {
        for (String column : columns) cells.add(List.of(image, block, column));
      }
    }
    return cells;
  }

  /** The drawing of pictures, row by row. */
  Sheet of(List<RgbImage> pictures) {
    return of(columns, pictures);
  }

  /** The drawing of other columns. */
  Sheet of(List<String> captions, List<RgbImage> pictures) {
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
  Sheet beside(List<RgbImage> originals, List<RgbImage> pictures) {
    List<String> captions = new ArrayList<>(List.of("original"));
    captions.addAll(columns);
    List<RgbImage> all = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      if (i % columns.size() == 0) all.add(originals.get(i / plan.edits().size()));
      all.add(pictures.get(i));
    }
    return of(captions, all);
  }
}
