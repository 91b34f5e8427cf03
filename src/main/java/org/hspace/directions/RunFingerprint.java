package org.hspace.directions;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hspace.HspaceException;
import org.hspace.io.JsonFields;
import org.hspace.nativelib.FormatFile;
import org.hspace.nativelib.Machine;
import org.hspace.nativelib.Versions;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;

/**
 * What a run that can be interrupted depends on: model, noise schedule, precision, versions, and
 * every component of its option records but those that are left out by name. A run goes on from a
 * file with an equal fingerprint alone.
 *
 * <p>On the machine the result depends to rounding only. A run may go on elsewhere; that is said,
 * and the result's provenance then names all machines that had a part in it, because its bits are
 * those of no single one.
 */
final class RunFingerprint {
  private static final String OPTIONS = "fingerprint";
  private static final String MACHINES = "machines";

  private final JsonObject facts = new JsonObject();
  private final List<String> machines = new ArrayList<>(List.of(Machine.current()));

  /** Of a run of the named method. */
  RunFingerprint(String method, Model model) {
    Versions versions = Versions.current();
    with("method", method);
    with("model", model.hash());
    with("scheduler", model.schedulerConfig().hash());
    with("dtype", model.options().dtype());
    with("hspace", versions.hspace());
    with("libtorch", versions.libtorch());
  }

  /**
   * Adds a value: a record with all of its components, a list, an array, a number, a text.
   *
   * @param leftOut components of the record that do not change the result
   */
  RunFingerprint with(String name, Object value, String... leftOut) {
    Set<String> excluded = new HashSet<>(Set.of(leftOut));
    facts.add(name, json(value, excluded));
    if (!excluded.isEmpty()) throw new IllegalArgumentException("no component " + excluded);
    return this;
  }

  private static JsonElement json(Object value, Set<String> leftOut) {
    if (value == null) return com.google.gson.JsonNull.INSTANCE;
    if (value instanceof Number number) return new JsonPrimitive(number.toString());
    if (value instanceof String
        || value instanceof Boolean
        || value instanceof Duration
        || value instanceof EtaSchedule) {
      return new JsonPrimitive(value.toString());
    }
    if (value instanceof Enum<?> one) return new JsonPrimitive(one.name());
    JsonArray list = new JsonArray();
    if (value instanceof long[] numbers) {
      for (long number : numbers) list.add(Long.toString(number));
      return list;
    }
    if (value instanceof List<?> values) {
      for (Object each : values) list.add(json(each, new HashSet<>()));
      return list;
    }
    if (value instanceof Record record) return record(record, leftOut);
    throw new IllegalArgumentException("no fingerprint of a " + value.getClass().getName());
  }

  private static JsonObject record(Record record, Set<String> leftOut) {
    JsonObject object = new JsonObject();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      if (leftOut.remove(component.getName())) continue;
      try {
        component.getAccessor().setAccessible(true);
        Object value = component.getAccessor().invoke(record);
        object.add(component.getName(), json(value, new HashSet<>()));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
    return object;
  }

  /** What a file of this run keeps, for {@link #goOnFrom}. */
  Map<String, String> metadata() {
    JsonArray names = new JsonArray();
    machines.forEach(names::add);
    return Map.of(OPTIONS, facts.toString(), MACHINES, names.toString());
  }

  /**
   * Checks that a file is of an equal run, and takes over the machines that it names.
   *
   * @param advice what the user may do about a file of another run
   * @param progress hears of a machine that is not this one
   * @throws HspaceException naming the first option that differs
   */
  void goOnFrom(FormatFile file, String advice, Progress progress) {
    if (file.metadata(OPTIONS) == null) {
      throw new HspaceException(
          file.place() + ": not of a run that this release can go on with; " + advice);
    }
    JsonFields found = file.json(OPTIONS);
    String difference = difference(facts, found);
    if (difference != null) {
      throw new HspaceException(
          file.place() + ": of another run, with other options (" + difference + "); " + advice);
    }
    List<String> theirs = file.names(MACHINES);
    // Said once, and not where this machine had a part in it, for then it was said before.
    boolean elsewhere = !theirs.contains(machines.get(0)) && !machines.containsAll(theirs);
    tookPart(theirs);
    if (elsewhere) {
      progress.warn(
          "%s: begun on %s; goes on here (%s), so the result is the same to rounding, not to the bits"
              .formatted(file.place(), String.join(" and ", theirs), machines.get(0)));
    }
  }

  /** Remembers machines that had a part in the result. */
  void tookPart(List<String> others) {
    for (String machine : others) if (!machines.contains(machine)) machines.add(machine);
  }

  /** The first difference in words, or null. */
  private static String difference(JsonObject expected, JsonFields found) {
    Map<String, Object> there = flat("", found.values());
    Map<String, Object> here =
        flat("", JsonFields.parse(expected.toString(), "fingerprint").values());
    if (there.equals(here)) return null;
    Set<String> keys = new java.util.LinkedHashSet<>(here.keySet());
    keys.addAll(there.keySet());
    for (String key : keys) {
      if (!String.valueOf(here.get(key)).equals(String.valueOf(there.get(key)))) {
        return key + " there " + shown(there.get(key)) + ", here " + shown(here.get(key));
      }
    }
    return null;
  }

  private static String shown(Object value) {
    String text = String.valueOf(value).replaceAll("\\p{Cntrl}+", " ");
    return text.length() <= 80 ? text : text.substring(0, 80) + "…";
  }

  private static Map<String, Object> flat(String prefix, Map<?, ?> values) {
    Map<String, Object> result = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> inner) result.putAll(flat(prefix + key + ".", inner));
          else result.put(prefix + key, value);
        });
    return result;
  }

  /** Adds the machines to a result's facts, where there was more than one. */
  void describe(Map<String, Object> details) {
    if (machines.size() > 1) details.put(MACHINES, List.copyOf(machines));
  }
}
