package org.hspace.studio;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;
import org.hspace.HspaceException;
import org.hspace.app.EditPlan;
import org.hspace.nativelib.NativeResource;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.DirectionSpec;
import org.hspace.pipeline.Model;

/**
 * The directions that everybody can use: the model's own, by their names, and those of the
 * workspace, as {@code workspace:FILE:NAME}. They are loaded when they are first used and kept.
 */
final class Shelf extends NativeResource {
  static final String SAVED = "workspace:";

  /** What ids of directions begin with that a job knows before it is done, {@code job:ID:NAME}. */
  static final String OF_JOB = "job:";

  private final Model model;
  private final Workspace workspace;
  private final Map<String, Direction> loaded = new ConcurrentHashMap<>();
  private final Map<String, List<Direction>> retired = new HashMap<>(); // by their job

  Shelf(Model model, Workspace workspace) {
    this.model = model;
    this.workspace = workspace;
  }

  /** What there is: id, name, where it is from, and the strength at which it shows what it does. */
  List<Map<String, Object>> list() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (String name : model.directionNames()) {
      OptionalDouble suggested = DirectionSpec.parse(name).suggestedStrength(model);
      all.add(entry(name, name, "model", suggested));
    }
    for (Path file : workspace.directionFiles()) {
      String title = file.getFileName().toString();
      try (DirectionSet set = DirectionSet.open(file, model)) {
        for (int k = 0; k < set.size(); k++) {
          String name = set.names().get(k);
          all.add(entry(SAVED + title + ":" + name, name, title, set.suggestedStrength(k)));
        }
      } catch (HspaceException e) {
        // A trajectory, or of another model: nothing that could be offered here.
      }
    }
    return all;
  }

  private static Map<String, Object> entry(
      String id, String name, String from, OptionalDouble suggested) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("id", id);
    entry.put("name", name);
    entry.put("from", from);
    entry.put("suggested", suggested.orElse(EditPlan.UNIT));
    return entry;
  }

  /**
   * A direction, not to be closed by the caller.
   *
   * @throws HspaceException when there is none of that id
   */
  Direction get(String id) {
    return use(() -> loaded.computeIfAbsent(id, this::load));
  }

  /** How the command line calls a direction of the shelf. */
  String spec(String id) {
    if (id.startsWith(OF_JOB)) {
      String[] parts = id.split(":", 3);
      if (parts.length < 3)
        throw new HspaceException("direction: expected job:ID:NAME, found '" + id + "'");
      return workspace.jobDirections(parts[1]) + ":" + parts[2];
    }
    if (!id.startsWith(SAVED)) return id;
    int colon = id.lastIndexOf(':');
    if (colon < SAVED.length())
      throw new HspaceException("direction: expected workspace:FILE:NAME, found '" + id + "'");
    return workspace.file(id.substring(SAVED.length(), colon)) + ":" + id.substring(colon + 1);
  }

  private Direction load(String id) {
    if (!id.startsWith(SAVED) && !id.startsWith(OF_JOB) && !model.directionNames().contains(id))
      throw new HspaceException("direction: the model has none that is called '" + id + "'");
    return own(model.direction(spec(id)));
  }

  /**
   * Forgets what was loaded of a job. What was forgotten the last time is freed; pictures may still
   * be made with the rest.
   */
  synchronized void forgetJob(String job) {
    List<Direction> before = retired.remove(job);
    if (before != null) before.forEach(Direction::close);
    List<Direction> known = new ArrayList<>();
    for (String id : List.copyOf(loaded.keySet()))
      if (id.startsWith(OF_JOB + job + ":")) known.add(loaded.remove(id));
    if (!known.isEmpty()) retired.put(job, known);
  }

  /** Forgets what was loaded of a file that is going to be another one. */
  void forget(String file) {
    loaded.keySet().removeIf(id -> id.startsWith(SAVED + file + ":"));
  }
}
