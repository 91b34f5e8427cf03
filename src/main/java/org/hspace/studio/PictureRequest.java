package org.hspace.studio;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.hspace.HspaceException;
import org.hspace.app.Subject.Quality;
import org.hspace.io.JsonFields;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.Edit;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Locality;
import org.hspace.pipeline.WeightedDirection;
import org.hspace.pipeline.Window;

/**
 * Pictures that are asked for: the session's image under each of some edits.
 *
 * @param columns the terms of each edit
 * @param quality of how many steps
 * @param editing how the edits act
 * @param lane a later request of the same session and lane ends this one
 */
record PictureRequest(List<List<Term>> columns, Quality quality, EditOptions editing, String lane) {
  /** The lane of the picture that is looked at, before which all others rest. */
  static final String LIVE = "picture";

  private static final int MOST_COLUMNS = 64;
  private static final int MOST_TERMS = 64;

  /**
   * A direction as part of an edit.
   *
   * @param direction its id
   * @param strength γ
   * @param window the steps in which it acts
   */
  record Term(String direction, double strength, Window window) {
    private static Term parse(JsonFields fields) {
      double from = fields.has("from") ? fields.number("from") : 0;
      double to = fields.has("to") ? fields.number("to") : 1;
      return new Term(fields.text("direction"), fields.number("strength"), new Window(from, to));
    }
  }

  static PictureRequest parse(JsonFields fields) {
    List<JsonFields> columns = fields.objects("columns");
    if (columns.isEmpty() || columns.size() > MOST_COLUMNS)
      throw fields.error("columns", "1 to " + MOST_COLUMNS + " objects");
    List<List<Term>> parsed = new ArrayList<>();
    for (JsonFields column : columns) parsed.add(terms(column));
    String lane = fields.text("lane", LIVE);
    if (!lane.matches("[\\w:@. -]{1,100}")) throw fields.error("lane", "a short plain name");
    Quality quality =
        fields.has("quality")
            ? Quality.valueOf(
                fields.choice("quality", List.of("preview", "full")).toUpperCase(Locale.ROOT))
            : Quality.FULL;
    return new PictureRequest(parsed, quality, editing(fields), lane);
  }

  /** How edits act: {@code {"asymmetric": …, "local": …}}, both false where they are not there. */
  static EditOptions editing(JsonFields fields) {
    return EditOptions.DEFAULT
        .withAsymmetric(fields.flag("asymmetric", false))
        .withLocality(fields.flag("local", false) ? Locality.OF_PICTURES : Locality.NONE);
  }

  /** The terms of one edit, {@code {"edits": [{"direction": …, "strength": …}, …]}}. */
  static List<Term> terms(JsonFields column) {
    List<JsonFields> edits = column.objects("edits");
    if (edits.size() > MOST_TERMS)
      throw column.error("edits", "at most " + MOST_TERMS + " directions");
    return edits.stream().map(Term::parse).toList();
  }

  /**
   * The edits.
   *
   * @param resolve gives the direction of an id
   * @throws HspaceException when there is none
   */
  List<Edit> edits(Function<String, Direction> resolve) {
    return columns.stream().map(terms -> edit(terms, resolve)).toList();
  }

  static Edit edit(List<Term> terms, Function<String, Direction> resolve) {
    return new Edit(
        terms.stream()
            .map(
                term ->
                    new WeightedDirection(
                        resolve.apply(term.direction), term.strength, term.window))
            .toList());
  }
}
