package org.hspace.studio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.hspace.HspaceException;
import org.hspace.pipeline.Progress;
import org.hspace.studio.EngineQueue.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whose turn it is. */
final class EngineQueueTest {
  private final EngineQueue queue = new EngineQueue();
  private final List<String> done = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    queue.close();
  }

  private CompletableFuture<String> submit(Level level, String client, String lane) {
    return queue.submit(
        level,
        client,
        lane,
        progress -> {
          done.add(client + lane);
          return client + lane;
        });
  }

  /** Work that begins, and then goes on pass by pass until it is let go or ended. */
  private final class Endless {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch free = new CountDownLatch(1);
    final CompletableFuture<String> result;

    Endless(Level level, String client, String lane) {
      result = queue.submit(level, client, lane, this::work);
      EngineQueueTest.await(begun);
    }

    private String work(Progress progress) {
      begun.countDown();
      for (int pass = 0; free.getCount() > 0; pass++) {
        progress.report(pass, 1000, "passes");
        Thread.onSpinWait();
      }
      progress.report(1000, 1000, "passes");
      done.add("long");
      return "long";
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void inALaneTheLatestWins() throws Exception {
    Endless first = new Endless(Level.PICTURE, "a", "x");
    CompletableFuture<String> second = submit(Level.PICTURE, "a", "x");
    CompletableFuture<String> third = submit(Level.PICTURE, "a", "x");
    assertEquals("ax", third.get());
    assertThrows(CancellationException.class, first.result::get);
    assertTrue(second.isCompletedExceptionally() || done.size() == 2);
    assertFalse(done.contains("long"), "it was ended between two passes");
  }

  @Test
  void otherLanesAndClientsAreLeftAlone() throws Exception {
    Endless first = new Endless(Level.PICTURE, "a", "x");
    CompletableFuture<String> lane = submit(Level.PICTURE, "a", "y");
    CompletableFuture<String> client = submit(Level.PICTURE, "b", "x");
    first.free.countDown();
    assertEquals("long", first.result.get());
    assertEquals("ay", lane.get());
    assertEquals("bx", client.get());
  }

  @Test
  void clientsTakeTurns() throws Exception {
    Endless first = new Endless(Level.SIDE, "z", "z");
    List<CompletableFuture<String>> all = new ArrayList<>();
    for (String lane : List.of("1", "2", "3")) all.add(submit(Level.SIDE, "a", lane));
    all.add(submit(Level.SIDE, "b", "1"));
    first.free.countDown();
    for (CompletableFuture<String> each : all) each.get();
    assertEquals(List.of("long", "a1", "b1", "a2", "a3"), done);
  }

  @Test
  void whatIsLessUrgentRestsBetweenTwoPasses() throws Exception {
    Endless job = new Endless(Level.SIDE, "a", "pca");
    CountDownLatch finish = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<String> picture =
        queue.submit(
            Level.PICTURE,
            "b",
            "x",
            progress -> {
              begun.countDown();
              EngineQueueTest.await(finish);
              done.add("picture");
              return "picture";
            });
    await(begun);
    job.free.countDown(); // but it has one more pass to report
    finish.countDown();
    assertEquals("picture", picture.get());
    assertEquals("long", job.result.get());
    assertEquals(List.of("picture", "long"), done);
  }

  @Test
  void whoLeavesOrGivesUpEndsTheWork() {
    Endless running = new Endless(Level.SIDE, "a", "x");
    CompletableFuture<String> waiting = submit(Level.SIDE, "a", "y");
    queue.cancel("a");
    assertThrows(CancellationException.class, running.result::get);
    assertThrows(CancellationException.class, waiting::get);
    Endless other = new Endless(Level.SIDE, "b", "x");
    other.result.cancel(true);
    assertThrows(CancellationException.class, other.result::get);
    assertEquals(List.of(), done);
  }

  @Test
  void errorsAreTheRequesters() throws Exception {
    CompletableFuture<String> wrong =
        queue.submit(
            Level.SIDE,
            "a",
            "x",
            progress -> {
              throw new HspaceException("strength: too large");
            });
    ExecutionException e = assertThrows(ExecutionException.class, wrong::get);
    assertEquals("strength: too large", e.getCause().getMessage());
    assertEquals("ay", submit(Level.SIDE, "a", "y").get(), "the queue goes on");
  }

  @Test
  void moreThanItCanTakeIsRefused() {
    Endless first = new Endless(Level.SIDE, "z", "z");
    Refusal refused =
        assertThrows(
            Refusal.class,
            () -> {
              for (int i = 0; i < 1000; i++) submit(Level.SIDE, "a", String.valueOf(i));
            });
    assertEquals(Refusal.BUSY, refused.status());
    first.free.countDown();
  }
}
