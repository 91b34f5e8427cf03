package org.hspace.studio;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The studio of the shipped model in a process of its own, which can be killed. */
final class StudioProcess implements AutoCloseable {
  private final Process process;
  private final String address;

  /**
   * Starts one, and waits until it serves.
   *
   * @param port 0 for a free one
   */
  StudioProcess(Path workspace, int port) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "org.hspace.cli.Main",
            "studio",
            "--port",
            String.valueOf(port),
            "--token",
            Client.TOKEN,
            "--workspace",
            workspace.toString(),
            "--model",
            "models/avatars-64",
            "--threads",
            "1",
            "--steps",
            String.valueOf(StudioTest.STEPS),
            "--preview-steps",
            String.valueOf(StudioTest.PREVIEW_STEPS));
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    process = builder.start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    address = out.readLine();
    if (address == null) throw new AssertionError("the studio ended before it served");
  }

  String address() {
    return address;
  }

  int port() {
    return URI.create(address).getPort();
  }

  /** As a machine does that has no memory left: nothing is told, nothing tidied up. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
