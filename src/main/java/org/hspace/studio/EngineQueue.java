package org.hspace.studio;

import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.hspace.HspaceException;
import org.hspace.pipeline.Progress;

/**
 * Whose turn it is on the one engine. Clients take turns, one piece of work each. In a client's
 * lane the latest work wins: what waits there is dropped for it, and what runs ends before its next
 * network pass. While a level has work, work of the levels below it rests between two passes, so
 * that a slider never waits for more than one pass of something else.
 */
final class EngineQueue implements AutoCloseable {
  /** How urgent work is, the most urgent first. */
  enum Level {
    /** What a hand waits for that moves a slider. */
    PICTURE,
    /** What else somebody waits for. */
    SIDE,
    /** What takes long, and is looked at now and then. */
    BACKGROUND
  }

  /** What a turn is for. */
  @FunctionalInterface
  interface Work<T> {
    T run(Progress progress);
  }

  private static final int MOST_WAITING = 256;

  private final Map<Level, Turns> levels = new EnumMap<>(Level.class);
  private boolean closed;

  EngineQueue() {
    for (Level level : Level.values()) {
      Turns turns = new Turns(level);
      levels.put(level, turns);
      turns.thread.start();
    }
  }

  /**
   * Puts work in line.
   *
   * @param client who takes turns with the others
   * @param lane of the client, in which the latest work wins
   * @return ends in a {@link CancellationException} when later work takes its place
   * @throws Refusal when too much waits already
   */
  <T> CompletableFuture<T> submit(Level level, String client, String lane, Work<T> work) {
    Task<T> task = new Task<>(level, client, lane, work);
    synchronized (this) {
      if (closed) throw new Refusal(Refusal.BUSY, "the studio is closing");
      levels.get(level).add(task);
      notifyAll();
    }
    return task.result;
  }

  /** Ends all work of a client. */
  synchronized void cancel(String client) {
    levels.values().forEach(turns -> turns.cancel(client));
    notifyAll();
  }

  /** Ends all work, and waits for what runs to end. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      levels.values().forEach(turns -> turns.cancel(null));
      notifyAll();
    }
    boolean interrupted = false;
    for (Turns turns : levels.values()) {
      while (turns.thread.isAlive()) {
        try {
          turns.thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }

  private boolean busyAbove(Level level) {
    return levels.values().stream()
        .anyMatch(turns -> turns.level.compareTo(level) < 0 && turns.busy());
  }

  /** Rests while something more urgent has work, unless the task has been ended. */
  private synchronized void rest(Task<?> task) {
    boolean interrupted = false;
    while (!task.ended && busyAbove(task.level)) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }

  /** The work of one level; all of it under the queue's lock. */
  private final class Turns {
    final Level level;
    final Thread thread;

    /** Of each client, in the order of their turns, what waits in its lanes. */
    final Map<String, Map<String, Task<?>>> waiting = new LinkedHashMap<>();

    Task<?> running;

    Turns(Level level) {
      this.level = level;
      thread = new Thread(this::work, "hspace studio " + level);
      thread.setDaemon(true);
    }

    boolean busy() {
      return running != null || !waiting.isEmpty();
    }

    void add(Task<?> task) {
      Map<String, Task<?>> lanes = waiting.get(task.client);
      Task<?> before = lanes == null ? null : lanes.get(task.lane);
      if (before == null && waiting.values().stream().mapToInt(Map::size).sum() >= MOST_WAITING)
        throw new Refusal(
            Refusal.BUSY, "the engine has more to do than it can take; try again in a moment");
      waiting.computeIfAbsent(task.client, client -> new LinkedHashMap<>()).put(task.lane, task);
      if (before != null) before.end();
      if (running != null && running.client.equals(task.client) && running.lane.equals(task.lane))
        running.end();
    }

    /**
     * Ends work.
     *
     * @param client whose; null for everybody's
     */
    void cancel(String client) {
      if (running != null && (client == null || running.client.equals(client))) running.end();
      Iterator<Map.Entry<String, Map<String, Task<?>>>> each = waiting.entrySet().iterator();
      while (each.hasNext()) {
        Map.Entry<String, Map<String, Task<?>>> entry = each.next();
        if (client != null && !entry.getKey().equals(client)) continue;
        entry.getValue().values().forEach(Task::end);
        each.remove();
      }
    }

    private void work() {
      for (Task<?> task = next(); task != null; task = next()) {
        task.run();
        synchronized (EngineQueue.this) {
          running = null;
          EngineQueue.this.notifyAll();
        }
      }
    }

    /** The next client's oldest work; null when the queue is closed. */
    private Task<?> next() {
      synchronized (EngineQueue.this) {
        while (waiting.isEmpty()) {
          if (closed) return null;
          try {
            EngineQueue.this.wait();
          } catch (InterruptedException e) {
            // Only close() ends this thread.
          }
        }
        String client = waiting.keySet().iterator().next();
        Map<String, Task<?>> lanes = waiting.remove(client);
        String lane = lanes.keySet().iterator().next();
        running = lanes.remove(lane);
        if (!lanes.isEmpty()) waiting.put(client, lanes); // at the end of the line
        return running;
      }
    }
  }

  /** One piece of work, which listens to whether it is still wanted. */
  private final class Task<T> implements Progress {
    final Level level;
    final String client;
    final String lane;
    final Work<T> work;
    final CompletableFuture<T> result = new CompletableFuture<>();
    volatile boolean ended;

    Task(Level level, String client, String lane, Work<T> work) {
      this.level = level;
      this.client = client;
      this.lane = lane;
      this.work = work;
    }

    void end() {
      ended = true;
      result.completeExceptionally(new CancellationException("something newer took its place"));
    }

    void run() {
      if (cancelled()) {
        end();
        return;
      }
      try {
        result.complete(work.run(this));
      } catch (OutOfMemoryError e) {
        result.completeExceptionally(
            new HspaceException("out of memory; a smaller picture or fewer of them need less", e));
      } catch (Throwable e) { // the requester's to hear of, whatever it is
        result.completeExceptionally(e);
      }
    }

    @Override
    public void update(long done, long total, String unit) {}

    /** Asked between two passes, also of parts that report nothing: the time to rest. */
    @Override
    public boolean cancelled() {
      rest(this);
      return ended || result.isDone(); // whoever waits for the result may cancel it, too
    }
  }
}
