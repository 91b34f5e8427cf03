package org.hspace.app;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.WeightedDirection;

/** The way from a plan's first column to its last in small steps, for an animation. */
public final class EditSweep {
  private EditSweep() {}

  /**
   * Plans a column for each step; blocks and title are the plan's.
   *
   * @param frames how many steps, at least 2, the first and the last column among them
   */
  public static EditPlan of(EditPlan plan, int frames) {
    List<Edit> edits = new ArrayList<>();
    List<String> captions = new ArrayList<>();
    int columns = plan.columns().size();
    for (int block = 0; block < plan.blocks().size(); block++) {
      Edit from = plan.edits().get(block * columns);
      Edit to = plan.edits().get((block + 1) * columns - 1);
      for (int frame = 0; frame < frames; frame++) {
        double share = (double) frame / (frames - 1);
        edits.add(between(from, to, share));
        if (block == 0) captions.add(caption(from, to, share));
      }
    }
    return new EditPlan(plan.title(), plan.blocks(), captions, edits);
  }

  private static int terms(Edit from, Edit to) {
    return Math.max(from.directions().size(), to.directions().size());
  }

  private static WeightedDirection term(Edit from, Edit to, int i) {
    return (i < to.directions().size() ? to : from).directions().get(i);
  }

  /** A column that lacks the last terms of another has them at strength 0. */
  private static double strength(Edit edit, int i) {
    return i < edit.directions().size() ? edit.directions().get(i).strength() : 0;
  }

  private static double strength(Edit from, Edit to, int i, double share) {
    return (1 - share) * strength(from, i) + share * strength(to, i);
  }

  private static Edit between(Edit from, Edit to, double share) {
    Edit edit = Edit.NONE;
    for (int i = 0; i < terms(from, to); i++) {
      WeightedDirection term = term(from, to, i);
      edit =
          edit.and(
              new WeightedDirection(term.direction(), strength(from, to, i, share), term.window()));
    }
    return edit;
  }

  /** The strengths that change along the way; with their directions where there are several. */
  private static String caption(Edit from, Edit to, double share) {
    List<Integer> changing = new ArrayList<>();
    for (int i = 0; i < terms(from, to); i++) {
      if (strength(from, i) != strength(to, i)) changing.add(i);
    }
    return changing.stream()
        .map(
            i ->
                (changing.size() == 1 ? "" : term(from, to, i).direction().name() + " ")
                    + Strengths.caption(strength(from, to, i, share)))
        .collect(Collectors.joining(", "));
  }
}
