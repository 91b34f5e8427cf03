package org.hspace.studio;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hspace.HspaceException;
import org.hspace.app.discover.Discovery;
import org.hspace.io.AtomicFile;
import org.hspace.io.JsonFields;
import org.hspace.io.Shell;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;

/**
 * One long piece of work over the model. Its record lies in the workspace, so that it is known, and
 * gone on with, after the server has ended.
 */
final class Job {
  /** Where it stands. */
  enum State {
    /** Until its turn comes, or the next server's. */
    WAITING,
    RUNNING,
    DONE,
    FAILED,
    CANCELLED;

    boolean unfinished() {
      return this == WAITING || this == RUNNING;
    }

    String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int MOST_SHOWN = 12;

  private final String id;
  private final String name;
  private final long created; // milliseconds since 1970
  private final JsonFields asked;
  private final Discovery discovery; // null where the record cannot be read
  private final Workspace workspace;

  private State state;
  private String error;
  private Map<String, Object> figures = Map.of();
  private List<String> notes = List.of();

  private String stage;
  private long done;
  private long total;
  private String unit;
  private long doneAtFirst;
  private long begun; // nanoseconds
  private List<String> known = List.of();
  private int version;
  private boolean goesOn;
  private boolean active;
  private boolean removed;

  private Job(
      String id,
      String name,
      long created,
      JsonFields asked,
      Discovery discovery,
      Workspace workspace,
      State state) {
    this.id = id;
    this.name = name;
    this.created = created;
    this.asked = asked;
    this.discovery = discovery;
    this.workspace = workspace;
    this.state = state;
  }

  /** A new one, which waits. */
  static Job of(String id, JsonFields asked, Discovery discovery, Workspace workspace) {
    return new Job(
        id,
        discovery.name(),
        System.currentTimeMillis(),
        asked,
        discovery,
        workspace,
        State.WAITING);
  }

  /**
   * One that an earlier server kept; what was running waits.
   *
   * @throws HspaceException when its record cannot be read
   */
  static Job read(String id, JobRequest request, Workspace workspace) {
    JsonFields record = JsonFields.read(workspace.job(id));
    JsonFields asked = record.object("asked");
    State state =
        State.valueOf(
            record
                .choice("state", List.of("waiting", "running", "done", "failed", "cancelled"))
                .toUpperCase(Locale.ROOT));
    Discovery discovery = request.parse(asked);
    Job job =
        new Job(
            id,
            discovery.name(),
            record.integer("created", 0, Long.MAX_VALUE),
            asked,
            discovery,
            workspace,
            state.unfinished() ? State.WAITING : state);
    if (record.has("error")) job.error = record.text("error");
    job.figures = record.object("figures").values();
    job.notes = record.texts("notes");
    return job;
  }

  /**
   * One whose record cannot be read, which has failed for good; the record stays as it is.
   *
   * @param reason a sentence
   */
  static Job unreadable(String id, String reason, Workspace workspace) {
    JsonFields asked = JsonFields.parse("{}", "the record");
    String name = id;
    long created = 0;
    try { // as much as can be
      JsonFields record = JsonFields.read(workspace.job(id));
      created = record.integer("created", 0, Long.MAX_VALUE);
      name = record.object("asked").text("name");
    } catch (HspaceException e) {
      // the reason says it
    }
    Job job = new Job(id, name, created, asked, null, workspace, State.FAILED);
    job.error = "its record cannot be read: " + reason;
    return job;
  }

  String id() {
    return id;
  }

  /** Of its directions; the id, where the record does not tell. */
  String name() {
    return name;
  }

  /** Whether it is known what there is to do. */
  boolean readable() {
    return discovery != null;
  }

  long created() {
    return created;
  }

  synchronized State state() {
    return state;
  }

  /** Whether it may still write its directions; one that was cancelled may until it has noticed. */
  synchronized boolean writes() {
    return state.unfinished() || active;
  }

  /** Keeps the record; a job that has been removed has none. */
  private void keep() {
    if (removed) return;
    Map<String, Object> record = new LinkedHashMap<>();
    record.put("created", created);
    record.put("asked", asked.values());
    record.put("state", state.id());
    if (error != null) record.put("error", error);
    record.put("figures", figures);
    record.put("notes", notes);
    Path file = workspace.job(id);
    Workspace.makeFolderOf(file);
    byte[] text = Answers.text(record).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(text));
  }

  /** It waits for its turn. */
  synchronized void await() {
    error = null;
    stage = null;
    done = 0;
    total = 0;
    become(State.WAITING);
  }

  private void become(State next) {
    state = next;
    keep();
  }

  /** Somebody does not want it to go on. */
  synchronized void cancel() {
    if (state.unfinished()) become(State.CANCELLED);
  }

  /** It could not be done. */
  synchronized void fail(String sentence) {
    if (!state.unfinished()) return;
    error = sentence;
    become(State.FAILED);
  }

  /** Removes the record, and what is of no use without it, now or when the work has ended. */
  synchronized void remove() {
    removed = true;
    if (!active) clear();
  }

  private void clear() {
    Workspace.remove(List.of(workspace.job(id), workspace.jobDirections(id)));
    if (state == State.DONE) return;
    Workspace.remove(unfinished());
  }

  private List<Path> unfinished() {
    if (discovery == null) return List.of();
    return discovery.unfinished().stream().map(workspace.folder()::resolve).toList();
  }

  /**
   * Does the work.
   *
   * @param model not owned
   * @param shelf forgets directions that are known better now
   */
  void run(Model model, Shelf shelf, Progress turn) {
    synchronized (this) {
      if (state != State.WAITING || removed) return;
      active = true;
      goesOn = unfinished().stream().anyMatch(Files::exists);
      become(State.RUNNING);
    }
    try {
      Workspace.makeFolderOf(discovery.file(workspace.folder()));
      Discovery.Found found = discovery.run(model, workspace.folder(), new Hearing(turn, shelf));
      synchronized (this) {
        figures = found.figures();
        note(found.notes());
        known = List.of();
        become(State.DONE);
        Workspace.remove(List.of(workspace.jobDirections(id)));
      }
      shelf.forgetJob(id);
    } finally {
      synchronized (this) {
        active = false;
        if (removed) clear();
      }
    }
  }

  /** What the page is told. */
  synchronized Map<String, Object> describe(String model) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("job", id);
    facts.put("name", name);
    if (asked.has("kind")) facts.put("kind", asked.text("kind"));
    facts.put("state", state.id());
    if (error != null) facts.put("error", error);
    if (state == State.RUNNING && stage != null) {
      facts.put("stage", stage);
      facts.put("done", done);
      facts.put("total", total);
      facts.put("unit", unit);
      facts.put("seconds_left", secondsLeft());
    }
    if (goesOn && doneAtFirst > 0) facts.put("gone_on_from", doneAtFirst);
    facts.put("known", known);
    facts.put("version", version);
    facts.put("figures", figures);
    facts.put("notes", notes);
    facts.put("commands", commands(model));
    return facts;
  }

  /** Adds notes; one that was made already is not made again. */
  private void note(List<String> more) {
    notes = Stream.concat(notes.stream(), more.stream()).distinct().toList();
  }

  private Long secondsLeft() {
    double seconds = (System.nanoTime() - begun) / 1e9;
    double rate = (done - doneAtFirst) / seconds;
    return rate > 0 ? Math.round((total - done) / rate) : null;
  }

  private String commands(String model) {
    if (discovery == null) return "";
    return discovery.commands(workspace.folder()).stream()
        .map(
            words ->
                "hspace "
                    + words.stream().map(Shell::quoted).collect(Collectors.joining(" "))
                    + " --model "
                    + Shell.quoted(model)
                    + "\n")
        .collect(Collectors.joining());
  }

  /** Keeps in mind how far the work is. */
  private final class Hearing implements Discovery.Listener {
    private final Progress turn;
    private final Shelf shelf;

    Hearing(Progress turn, Shelf shelf) {
      this.turn = turn;
      this.shelf = shelf;
    }

    @Override
    public Progress stage(String what) {
      synchronized (Job.this) {
        stage = what;
        total = 0;
        done = 0;
        unit = "";
      }
      return new Progress() {
        private boolean first = true;

        @Override
        public void update(long now, long of, String what) {
          synchronized (Job.this) {
            done = now;
            total = of;
            unit = what;
            if (first) {
              doneAtFirst = now;
              begun = System.nanoTime();
              first = false;
            }
          }
        }

        @Override
        public boolean cancelled() {
          return turn.cancelled();
        }

        @Override
        public void warn(String message) {
          synchronized (Job.this) {
            note(List.of(message));
          }
        }
      };
    }

    @Override
    public void soFar(DirectionSet directions, Map<String, Object> some) {
      try (DirectionSet shown = directions.first(Math.min(directions.size(), MOST_SHOWN))) {
        shown.save(workspace.jobDirections(id));
        shelf.forgetJob(id);
        synchronized (Job.this) {
          known = shown.names();
          figures = some;
          version++;
        }
      }
    }
  }
}
