package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class NativeResourceTest {
  /** Owns what it is given, and counts how often that was freed. */
  private static final class Owner extends NativeResource {
    final AtomicInteger freed = new AtomicInteger();

    Owner() {
      own(new Child(freed::incrementAndGet));
    }

    <P extends Pointer> P take(P pointer) {
      return own(pointer);
    }
  }

  private static final class Child extends NativeResource {
    Child(Runnable onFree) {
      own(
          new BytePointer(1) {
            @Override
            public boolean releaseReference() {
              onFree.run();
              return super.releaseReference();
            }
          });
    }
  }

  @Test
  void aUseInFlightKeepsWhatItUses() {
    Owner owner = new Owner();
    int result =
        owner.use(
            () -> {
              owner.close();
              assertTrue(owner.isClosed());
              assertEquals(0, owner.freed.get());
              assertThrows(IllegalStateException.class, () -> owner.use(() -> 1));
              return 7;
            });
    assertEquals(7, result);
    assertEquals(1, owner.freed.get());
    owner.close();
    assertEquals(1, owner.freed.get());
  }

  @Test
  void theLastOfSeveralUsesFrees() {
    Owner owner = new Owner();
    owner.use(
        () -> {
          owner.use(() -> owner.use(owner::close));
          assertEquals(0, owner.freed.get());
        });
    assertEquals(1, owner.freed.get());
  }

  @Test
  void aUseThatThrowsLeaves() {
    Owner owner = new Owner();
    assertThrows(
        ArithmeticException.class,
        () ->
            owner.use(
                () -> {
                  throw new ArithmeticException();
                }));
    assertFalse(owner.isClosed());
    owner.close();
    assertEquals(1, owner.freed.get());
  }

  @Test
  void nothingCanBeOwnedAfterClose() {
    Owner owner = new Owner();
    owner.close();
    try (BytePointer pointer = new BytePointer(1)) {
      String message =
          assertThrows(IllegalStateException.class, () -> owner.take(pointer)).getMessage();
      assertEquals("Owner used after close()", message);
      assertFalse(pointer.isNull());
    }
  }

  /** Every object is freed once, after its last use, whoever closes it. */
  @Test
  void manyThreadsUseAndCloseTheSame() throws Exception {
    int threads = 4;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      for (int round = 0; round < 2_000; round++) {
        Owner owner = new Owner();
        List<Future<?>> users = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          boolean closes = i % 2 == 1;
          users.add(
              pool.submit(
                  () -> {
                    try {
                      for (int call = 0; call < 20; call++) {
                        owner.use(() -> assertEquals(0, owner.freed.get()));
                      }
                    } catch (IllegalStateException closed) {
                      assertTrue(owner.isClosed());
                    }
                    if (closes) owner.close();
                  }));
        }
        for (Future<?> user : users) user.get();
        assertEquals(1, owner.freed.get());
      }
    } finally {
      pool.shutdownNow();
    }
  }
}
