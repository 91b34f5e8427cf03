package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.Pointer;

/**
 * The assertion that repeated work leaves no native memory behind, without the collector's help.
 */
public final class FlatMemory {
  /**
   * What the JVM's own heap and compiled code, and what allocators keep, may add meanwhile: 10 MiB
   * have been seen. A leak has to be several times as large to be told from it.
   */
  private static final long ALLOWED_BYTES = 24L << 20;

  private FlatMemory() {}

  /**
   * Fails if after {@code repetitions} turns of {@code work} more native objects are alive than
   * before them, or the process's resident memory has grown by more than 24 MiB. The work has to be
   * large enough that a leak of one of its tensors a turn comes to several times that.
   */
  public static void assertFlat(Runnable work, int warmUp, int repetitions) {
    repeat(work, warmUp);
    long objects = Pointer.totalCount();
    long bytes = Pointer.physicalBytes();
    repeat(work, repetitions);
    long moreObjects = Pointer.totalCount() - objects;
    long moreBytes = Pointer.physicalBytes() - bytes;
    assertTrue(moreObjects <= 0, moreObjects + " native objects are still alive");
    assertTrue(moreBytes < ALLOWED_BYTES, "grew by " + (moreBytes >> 20) + " MiB");
  }

  private static void repeat(Runnable work, int times) {
    for (int i = 0; i < times; i++) {
      work.run();
    }
  }
}
