package org.hspace.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.hspace.HspaceException;
import org.hspace.OneLine;
import org.hspace.pipeline.Conditioning;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.studio.Studio;
import org.hspace.studio.StudioOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hspace studio}: a page in the browser. */
@Command(
    name = "studio",
    sortOptions = false,
    description = {
      "Serves a page on which pictures follow sliders, and prints its address when it is ready.",
      "Directions over the model are found in the background; what is not done goes on when a studio is started on the same"
          + " --workspace again.",
      "It needs no network: who is on this machine and knows the address can use it, nobody else."
    },
    footer = {"", "Example: hspace studio --open"})
final class StudioCommand extends HspaceCommand {
  private static final String LOOPBACK = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "7860",
      order = 1,
      description = "Port to listen on; 0 takes a free one (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(names = "--open", order = 2, description = "Open the page in the browser.")
  private boolean open;

  @Option(
      names = "--workspace",
      paramLabel = "DIR",
      defaultValue = "hspace-studio",
      order = 3,
      description = "Folder of what is made and brought there (default: ./${DEFAULT-VALUE}).")
  @Writes(value = Writes.As.FOLDER, names = ".*")
  private Path workspace;

  @Option(
      names = "--host",
      paramLabel = "HOST",
      defaultValue = LOOPBACK,
      order = 4,
      description =
          "Address to listen on (default: ${DEFAULT-VALUE}, this machine alone); another one needs --token, and what"
              + " passes is not encrypted.")
  private String host;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      order = 5,
      description = "What an address must contain to be served (default: another one each time).")
  private String token;

  @Option(
      names = "--preview-steps",
      paramLabel = "N",
      defaultValue = "8",
      order = 6,
      description =
          "Inference steps while a slider moves; with noise (--eta above 0) it takes all of them (default:"
              + " ${DEFAULT-VALUE}).")
  private int previewSteps;

  @Mixin private SamplingMixin lattice;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() {
    if (token == null && !Studio.isLoopback(host))
      throw new HspaceException("--host " + host + ": expected --token with it, found none");
    lattice.refuseClip("a clipped step has no inverse, and photographs are inverted");
    loadLibraries();
    try (Model model = modelOptions.openToSample(false, console())) {
      Pictures.checkDrawable(model, "studio");
      Conditioning conditioning = lattice.conditioning(model, console());
      StudioOptions options;
      try {
        options =
            new StudioOptions(
                host,
                port,
                token == null ? StudioOptions.randomToken() : token,
                workspace,
                lattice
                    .sampling(EtaSchedule.DDIM)
                    .withRecordH(false)
                    .withConditioning(conditioning),
                lattice
                    .inversion(EtaSchedule.DDPM)
                    .withRecordH(false)
                    .withConditioning(conditioning),
                previewSteps);
      } catch (HspaceException e) {
        throw new HspaceException("--" + e.getMessage(), e);
      }
      try (Studio studio = Studio.open(model, options, this::report)) {
        console().say("serving " + model.directory() + "; Ctrl-C ends it");
        out().println(studio.address());
        out().flush();
        if (open) show(studio.address());
        waitForever();
      }
    }
  }

  private void report(Throwable fault) {
    console().warn(OneLine.of(fault.toString()));
    if (debug()) fault.printStackTrace(spec().commandLine().getErr());
  }

  private void show(String address) {
    try {
      new ProcessBuilder("xdg-open", address)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      console().warn("--open: no browser can be started; the address can be opened by hand");
    }
  }

  /** Until a signal ends the process. */
  private static void waitForever() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
