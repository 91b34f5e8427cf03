package org.hspace.app;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.hspace.HspaceException;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.WeightedDirection;
import org.hspace.pipeline.Window;

/**
 * What each cell of a grid of edits shows. Every image has one row for each block; a block's edits
 * are its columns.
 *
 * @param title what all cells have in common
 * @param blocks captions of the blocks; a single empty one where rows are images alone
 * @param columns captions of the columns
 * @param edits block after block, {@code blocks.size() * columns.size()} of them
 */
public record EditPlan(String title, List<String> blocks, List<String> columns, List<Edit> edits) {
  /** Columns where the user names none, in units of each direction's suggested strength. */
  private static final double[] MULTIPLES = {-2, -1, 0, 1, 2};

  /** The unit of a direction that suggests none. */
  public static final double UNIT = 1.5;

  /** How directions share a grid. */
  public enum Mode {
    /** All directions in every cell; those without a strength are scaled by the column's. */
    TOGETHER,
    /** A block for each direction without a strength, alone with those that have one. */
    EACH,
    /** Each column adds one direction. */
    SEQUENTIAL
  }

  /**
   * Checks the strengths before anything is loaded.
   *
   * @param own each direction's own strength, where it has one
   * @param strengths the list of the option, or null
   * @throws HspaceException naming the option that does not fit
   */
  public static void check(List<OptionalDouble> own, Strengths strengths, Mode mode) {
    boolean free = own.stream().anyMatch(OptionalDouble::isEmpty);
    if (mode == Mode.SEQUENTIAL && free) {
      throw new HspaceException("--sequential: expected every direction with =STRENGTH");
    }
    if (mode == Mode.EACH && !free) {
      throw new HspaceException("--each: expected a direction without =STRENGTH, found none");
    }
    if (strengths != null && !free) {
      throw new HspaceException(
          "--strengths: expected a direction without =STRENGTH to scale, found none");
    }
  }

  /**
   * Plans a grid; the arguments have passed {@link #check}.
   *
   * @param directions not owned
   * @param own each direction's own strength, where it has one
   * @param strengths columns of the directions without one, or null for the default ones: -2 to 2
   *     times what each direction suggests
   * @param suggested each direction's suggested strength, where it has one
   */
  public static EditPlan of(
      List<Direction> directions,
      List<OptionalDouble> own,
      Strengths strengths,
      List<OptionalDouble> suggested,
      Window window,
      Mode mode) {
    double[] units =
        suggested.stream().mapToDouble(unit -> strengths == null ? unit.orElse(UNIT) : 1).toArray();
    Planner planner = new Planner(directions, own, units, window);
    double[] values = strengths == null ? MULTIPLES : strengths.values();
    boolean free = own.stream().anyMatch(OptionalDouble::isEmpty);
    return switch (mode) {
      case SEQUENTIAL -> planner.sequential();
      case EACH -> planner.each(values);
      case TOGETHER -> free ? planner.together(values) : planner.beforeAndAfter();
    };
  }

  private record Planner(
      List<Direction> directions, List<OptionalDouble> own, double[] units, Window window) {
    /**
     * One cell: fixed directions at their strength, free ones at the given, in their units; those
     * that are left out at none.
     */
    private Edit edit(double strength, List<Integer> taken) {
      Edit edit = Edit.NONE;
      for (int i : taken) {
        edit =
            edit.and(
                new WeightedDirection(
                    directions.get(i), own.get(i).orElse(strength * units[i]), window));
      }
      return edit;
    }

    private List<Integer> which(boolean free) {
      List<Integer> found = new ArrayList<>();
      for (int i = 0; i < own.size(); i++) {
        if (own.get(i).isEmpty() == free) {
          found.add(i);
        }
      }
      return found;
    }

    private String name(int i) {
      String name = directions.get(i).name();
      if (own.get(i).isPresent()) return name + " " + Strengths.caption(own.get(i).getAsDouble());
      return alike() ? name : name + " × " + Strengths.digits(units[i]);
    }

    private String names(List<Integer> which) {
      return String.join(", ", which.stream().map(this::name).toList());
    }

    private List<Integer> all() {
      List<Integer> all = new ArrayList<>(which(true));
      all.addAll(which(false));
      return all;
    }

    /** Strengths where all free directions have one unit, multiples of it where they differ. */
    private List<String> captions(double[] strengths) {
      boolean alike = alike();
      double unit = alike ? units[which(true).get(0)] : 1;
      return Arrays.stream(strengths)
          .mapToObj(value -> Strengths.caption(value * unit) + (alike || value == 0 ? "" : " ×"))
          .toList();
    }

    private boolean alike() {
      return which(true).stream().mapToDouble(i -> units[i]).distinct().count() == 1;
    }

    EditPlan together(double[] strengths) {
      List<Edit> edits = Arrays.stream(strengths).mapToObj(value -> edit(value, all())).toList();
      return new EditPlan(names(all()), List.of(""), captions(strengths), edits);
    }

    EditPlan each(double[] strengths) {
      List<Edit> edits = new ArrayList<>();
      for (int i : which(true)) {
        List<Integer> taken = new ArrayList<>(which(false));
        taken.add(i);
        for (double value : strengths) {
          edits.add(edit(value, taken));
        }
      }
      List<String> blocks = which(true).stream().map(this::name).toList();
      String always = which(false).isEmpty() ? "" : "with " + names(which(false));
      return new EditPlan(always, blocks, captions(strengths), edits);
    }

    EditPlan beforeAndAfter() {
      return new EditPlan(
          names(all()),
          List.of(""),
          List.of("original", "edited"),
          List.of(Edit.NONE, edit(0, all())));
    }

    EditPlan sequential() {
      List<String> columns = new ArrayList<>(List.of("original"));
      List<Edit> edits = new ArrayList<>(List.of(Edit.NONE));
      for (int i = 0; i < directions.size(); i++) {
        columns.add((i == 0 ? "" : "+ ") + name(i));
        edits.add(edit(0, all().subList(0, i + 1)));
      }
      return new EditPlan("", List.of(""), columns, edits);
    }
  }
}
