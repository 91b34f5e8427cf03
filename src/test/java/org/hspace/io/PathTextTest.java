package org.hspace.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.hspace.HspaceException;
import org.hspace.cli.Main;
import org.junit.jupiter.api.Test;

class PathTextTest {
  @Test
  void aZeroIsNoPartOfAName() {
    String message =
        assertThrows(HspaceException.class, () -> PathText.parse("a\0b.png")).getMessage();
    assertTrue(message.startsWith("'a?b.png': "), message);
  }

  /** The name is spelt by the shell, so that the encoding of this test's JVM has no part in it. */
  @Test
  void aNameThatTheLocaleLacksIsOneLineThatSaysWhatHelps() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            "sh",
            "-c",
            "exec \"$0\" -cp \"$1\" \"$2\" invert \"$(printf 'caf\\303\\251.png')\" --out x",
            ProcessHandle.current().info().command().orElse("java"),
            System.getProperty("java.class.path"),
            Main.class.getName());
    builder.environment().put("LC_ALL", "C");
    Process process = builder.redirectErrorStream(true).start();
    List<String> said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    assertEquals(2, process.waitFor(), said.toString());
    assertEquals(1, said.size(), said.toString());
    assertTrue(said.get(0).contains("LC_ALL=C.UTF-8"), said.toString());
  }
}
