package org.hspace.studio;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hspace.HspaceException;
import org.hspace.app.Subject;
import org.hspace.nativelib.NativeResource;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;

/** One picture that somebody edits, in one tab, with the directions that were found on it. */
final class Session extends NativeResource {
  /** What ids of directions begin with that are this picture's own. */
  static final String FOUND = "found:";

  private static final int MOST_SETS = 16;

  private final String id;
  private final Script.Source source;
  private final Subject subject;
  private final Map<String, Direction> found = new LinkedHashMap<>();
  private final Deque<List<String>> sets = new ArrayDeque<>();
  private int count;

  /**
   * A session.
   *
   * @param source how the command line gets the picture
   * @param subject closed with this
   */
  Session(String id, Script.Source source, Subject subject) {
    this.id = id;
    this.source = source;
    this.subject = own(subject);
  }

  String id() {
    return id;
  }

  Script.Source source() {
    return source;
  }

  Subject subject() {
    return subject;
  }

  /**
   * Keeps directions; the oldest ones are given up where there are many.
   *
   * @return their ids
   */
  synchronized List<String> keep(DirectionSet set) {
    String prefix = FOUND + count++ + ":";
    List<String> ids = new ArrayList<>();
    for (int k = 0; k < set.size(); k++) {
      String name = prefix + set.names().get(k);
      found.put(name, own(set.get(k)));
      ids.add(name);
    }
    sets.add(ids);
    if (sets.size() > MOST_SETS) sets.remove().forEach(old -> found.remove(old).close());
    return ids;
  }

  /**
   * A direction of that id: of this picture, or of the shelf.
   *
   * @throws HspaceException when there is none
   */
  synchronized Direction direction(String name, Shelf shelf) {
    if (!name.startsWith(FOUND)) return shelf.get(name);
    Direction direction = found.get(name);
    if (direction == null)
      throw new HspaceException(
          "direction: '" + name + "' was of an earlier session and has to be found again");
    return direction;
  }
}
