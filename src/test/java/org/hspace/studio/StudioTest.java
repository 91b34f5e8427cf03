package org.hspace.studio;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.PcaOptions;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of the studio share: a server of the tiny model, with a workspace of its own. */
abstract class StudioTest {
  static final int STEPS = 6;
  static final int PREVIEW_STEPS = 3;

  @TempDir Path temporary;
  Path workspace;
  Model model;
  Studio studio;
  Client client;
  final List<Throwable> faults = new CopyOnWriteArrayList<>();

  @BeforeEach
  final void serve() throws IOException {
    workspace = temporary.resolve("a workspace");
    model = openModel();
    start();
  }

  /** The model that is served. */
  Model openModel() throws IOException {
    return TinyModel.open(DType.FLOAT32);
  }

  final void start() {
    StudioOptions options =
        new StudioOptions(
            "127.0.0.1",
            0,
            Client.TOKEN,
            workspace,
            SamplingOptions.DEFAULT.withSteps(STEPS).withEta(EtaSchedule.DDIM).withRecordH(false),
            InversionOptions.DEFAULT.withSteps(STEPS).withRecordH(false),
            PREVIEW_STEPS);
    studio = Studio.open(model, options, faults::add);
    client = new Client(studio.origin());
  }

  @AfterEach
  final void end() {
    studio.close();
    model.close();
    Assertions.assertEquals(List.of(), faults);
  }

  /**
   * Puts two principal components into the workspace, {@code workspace:FILE:pc0} and {@code pc1}.
   */
  final void saveComponents(String file) throws IOException {
    Files.createDirectories(workspace);
    PcaOptions options =
        PcaOptions.DEFAULT
            .withComponents(2)
            .withSamples(6)
            .withSampling(SamplingOptions.DEFAULT.withSteps(3));
    try (PointerScope scope = new PointerScope();
        DirectionSet found = new GlobalPca(model).run(options, Progress.NONE)) {
      found.save(workspace.resolve(file));
    }
  }
}
