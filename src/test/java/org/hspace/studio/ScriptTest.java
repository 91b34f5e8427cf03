package org.hspace.studio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.hspace.pipeline.Conditioning;
import org.hspace.pipeline.EditOptions;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.ModelOptions;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.StepNoise;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Window;
import org.junit.jupiter.api.Test;

/** Scripts of a model that reads texts. */
class ScriptTest {
  private static final Path DIRECTORY = TinyModel.GOLDEN.resolve("sd-pipeline");

  private static Script script(Model model, SamplingOptions sampling, Path photo) {
    return new Script(
        model,
        sampling,
        new Script.Source(2, photo, 1),
        List.of(new PictureRequest.Term("smile", 2, Window.ALL)),
        EditOptions.DEFAULT,
        id -> id);
  }

  @Test
  void anEditIsOfTheStudiosPrompt() {
    try (Model model = Model.open(DIRECTORY, ModelOptions.DEFAULT)) {
      Conditioning asked =
          Conditioning.of(model.prompt("a \"cat's\" hat")).guided(model.prompt("glasses"), 3.5);
      SamplingOptions sampling =
          SamplingOptions.DEFAULT.withNoise(StepNoise.STEPS).withConditioning(asked);
      String said = " --prompt 'a \"cat'\\''s\" hat' --negative-prompt glasses --guidance 3.5";
      String where = " --model " + DIRECTORY + "\n";
      Script sample = script(model, sampling, null);
      assertEquals(
          "hspace edit --seeds 2 --steps 50 --eta 1.0 --noise steps"
              + said
              + " --direction smile=2 --out edited.png"
              + where,
          sample.commands());
      assertTrue(
          sample
              .java()
              .contains(
                  ".withNoise(StepNoise.STEPS).withConditioning(Conditioning.of("
                      + "model.prompt(\"a \\\"cat's\\\" hat\")).guided(model.prompt(\"glasses\"), 3.5)))"),
          sample.java());
      assertEquals(
          "hspace invert a.png --steps 50 --eta 1.0"
              + said
              + " --out photo.safetensors"
              + where
              + "hspace edit --trajectory photo.safetensors --direction smile=2 --out edited.png"
              + where,
          script(model, sampling, Path.of("a.png")).commands());
    }
  }
}
