package org.hspace.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hspace.HspaceException;
import org.junit.jupiter.api.Assertions;

/** What fuzz tests share: input is taken, or refused in one line. */
public final class Refusal {
  private Refusal() {}

  /** Reads something whatever it is; all but an {@link HspaceException} escapes. */
  public interface Reader {
    void read() throws Exception;
  }

  /**
   * Runs a reader.
   *
   * @return whether it took its input
   */
  public static boolean orTaken(Reader reader) {
    try {
      reader.read();
      return true;
    } catch (HspaceException e) {
      Assertions.assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      return false;
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError("neither taken nor refused", e);
    }
  }

  /** A file of the machine's temporary directory with these bytes, removed when the JVM ends. */
  public static Path file(String suffix, byte[] bytes) {
    try {
      Path file = Path.of(System.getProperty("java.io.tmpdir"), "hspace-fuzz-" + PROCESS + suffix);
      Files.deleteIfExists(file); // not truncated: it may still be mapped
      file.toFile().deleteOnExit();
      return Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final long PROCESS = ProcessHandle.current().pid();
}
