package org.hspace.studio;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.hspace.HspaceException;
import org.hspace.app.discover.Discovery;
import org.hspace.io.JsonFields;
import org.hspace.pipeline.Model;

/**
 * The long work over a model: one piece after the other, in the background of everything else.
 * Where a server ended, the next one on the same workspace goes on.
 */
final class Jobs {
  private static final int MOST = 100;
  private static final int ID_BYTES = 8;

  private final Model model;
  private final Workspace workspace;
  private final Shelf shelf;
  private final EngineQueue queue;
  private final JobRequest request;
  private final Consumer<Throwable> trouble;
  private final Map<String, Job> all = new LinkedHashMap<>(); // in the order of their creation
  private final SecureRandom random = new SecureRandom();

  /**
   * No jobs yet.
   *
   * @param trouble hears of errors that are this program's, not the user's
   */
  Jobs(
      Model model,
      StudioOptions options,
      Workspace workspace,
      Shelf shelf,
      EngineQueue queue,
      Consumer<Throwable> trouble) {
    this.model = model;
    this.workspace = workspace;
    this.shelf = shelf;
    this.queue = queue;
    this.request = new JobRequest(options.sampling());
    this.trouble = trouble;
  }

  /** Goes on with what earlier servers on the workspace left. */
  synchronized void goOn() {
    workspace.jobs().stream()
        .map(this::read)
        .sorted(Comparator.comparingLong(Job::created))
        .forEach(
            job -> {
              all.put(job.id(), job);
              if (job.state() == Job.State.WAITING) submit(job);
            });
  }

  /** A job that was kept. */
  private Job read(String id) {
    try {
      return Job.read(id, request, workspace);
    } catch (HspaceException e) {
      return Job.unreadable(id, e.getMessage(), workspace);
    }
  }

  /**
   * Begins one.
   *
   * @throws HspaceException when it cannot be done, or another one is of that name
   */
  synchronized Job start(JsonFields asked) {
    Discovery discovery = request.parse(asked);
    String name = discovery.name();
    workspace.newDirections(name, false);
    boolean taken =
        all.values().stream().anyMatch(job -> same(job, name) && job.state() != Job.State.DONE);
    if (taken) throw new HspaceException("name: the workspace has a '" + name + "' already");
    if (all.size() >= MOST)
      throw new HspaceException("jobs: expected at most " + MOST + "; remove some that are done");
    byte[] id = new byte[ID_BYTES];
    random.nextBytes(id);
    Job job = Job.of(HexFormat.of().formatHex(id), asked, discovery, workspace);
    all.put(job.id(), job);
    job.await();
    submit(job);
    return job;
  }

  /**
   * A file for new directions, as {@link Workspace#newDirections}, which no job is going to write.
   *
   * @param replace whether one that is there may be replaced
   * @throws Refusal when a job that is not done yet makes directions of that name
   */
  synchronized Path newDirections(String name, boolean replace) {
    if (all.values().stream().anyMatch(job -> same(job, name) && job.writes()))
      throw new Refusal(
          Refusal.CONFLICT,
          "name: a job that is not done yet makes '" + name + "'; take another name, or cancel it");
    return workspace.newDirections(name, replace);
  }

  private static boolean same(Job job, String name) {
    return job.name().equalsIgnoreCase(name);
  }

  private void submit(Job job) {
    CompletableFuture<Object> result =
        queue.submit(
            EngineQueue.Level.BACKGROUND,
            job.id(),
            "job",
            turn -> {
              job.run(model, shelf, turn);
              return null;
            });
    result.whenComplete(
        (nothing, e) -> {
          // One that was ended with the server waits for the next.
          if (e == null || e instanceof CancellationException) return;
          if (!(e instanceof HspaceException)) trouble.accept(e);
          job.fail(e instanceof HspaceException ? e.getMessage() : "the studio has a fault: " + e);
        });
  }

  /** All of them, the newest first. */
  synchronized List<Job> list() {
    return all.values().stream().sorted(Comparator.comparingLong(Job::created).reversed()).toList();
  }

  /**
   * One of them.
   *
   * @throws Refusal when there is none
   */
  synchronized Job get(String id) {
    Job found = all.get(id);
    if (found == null) throw new Refusal(Refusal.NOT_FOUND, "there is no such job");
    return found;
  }

  /** Ends its work; what is known stays, to go on from. */
  synchronized void cancel(String id) {
    get(id).cancel();
    queue.cancel(id);
  }

  /** Goes on with one that was cancelled, or failed. */
  synchronized void resume(String id) {
    Job job = get(id);
    if (job.state() != Job.State.CANCELLED && job.state() != Job.State.FAILED)
      throw new HspaceException("job: it is " + job.state().id() + " already");
    if (!job.readable())
      throw new HspaceException("job: its record cannot be read; it can only be removed");
    workspace.newDirections(job.name(), false);
    job.await();
    submit(job);
  }

  /** Ends one and forgets it; directions that it found stay. */
  synchronized void remove(String id) {
    Job job = get(id);
    job.cancel();
    queue.cancel(id);
    job.remove();
    shelf.forgetJob(id);
    all.remove(id);
  }
}
