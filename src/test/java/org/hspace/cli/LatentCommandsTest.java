package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.nativelib.TensorFile;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command on models of latents, of texts and of classes. */
class LatentCommandsTest extends CommandTest {
  private static final String CLASSIFIER = TinyClassifier.DIRECTORY.toString();

  private String model;
  private List<String> condition = List.of();

  private void use(String kind) {
    model = TinyModel.GOLDEN.resolve(kind + "-pipeline").toString();
    boolean texts = kind.startsWith("sd");
    condition = texts ? List.of("--prompt", "a smiling woman", "--guidance", "3") : List.of();
  }

  private CommandRun on(String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--threads", "1", "--model", model));
    return CommandRun.of(all.toArray(new String[0]));
  }

  private CommandRun works(String... arguments) {
    CommandRun run = on(arguments);
    assertEquals(0, run.code(), run.err());
    return run;
  }

  /** The command with the condition behind it. */
  private CommandRun conditioned(String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(condition);
    return works(all.toArray(new String[0]));
  }

  private void refusedHere(String[] arguments, String... parts) {
    CommandRun run = on(arguments);
    assertEquals(2, run.code(), run.err() + run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    contains(run.err(), parts);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ldm", "sd", "sdxl"})
  void everyMethodWorks(String kind) throws IOException {
    use(kind);
    boolean texts = !kind.equals("ldm");
    String info = works("info").out();
    contains(info, "pipeline: ", "picture_shape: [3, 16, 16]", "h_space_shapes", "precision");
    contains(info, "weights_bytes", texts ? "text_encoder: " : "vqvae: ");

    String sheet = file("s.png");
    String saved = file("t.safetensors");
    conditioned("sample", "--seeds", "0-2", "--steps", "2", "--out", sheet, "--save", saved);
    works("sample", "--seeds", "4", "--steps", "2", "--out", file("one.png"));
    assertEquals(16, image("one.png").width());
    if (texts) contains(info("t.safetensors"), "a smiling woman", "guidance");

    String inverted =
        conditioned(
                "invert",
                file("one.png"),
                "--steps",
                "3",
                "--eta",
                "1",
                "--out",
                file("i.safetensors"),
                "--reconstruct",
                file("again.png"),
                "--json",
                file("i.json"))
            .out();
    contains(inverted, "round trip PSNR", "of what the autoencoder keeps, itself");
    JsonElement psnr = json("i.json").get("psnr");
    assertTrue(psnr.isJsonNull() || psnr.getAsDouble() > 60, "exact to rounding: " + psnr);
    assertTrue(json("i.json").get("codec_psnr").getAsDouble() < 60);

    String pca = file("pca.safetensors");
    conditioned("pca", "--samples", "6", "--components", "2", "--steps", "2", "--out", pca);
    conditioned(
        "jacobian",
        "--seed",
        "1",
        "--steps",
        "2",
        "--vectors",
        "1",
        "--timesteps",
        firstTimestep(saved),
        "--mask",
        "2,2,5,5",
        "--inject-into",
        "prompt",
        "--out",
        file("j.safetensors"));
    conditioned(
        "examples",
        "--positive-seeds",
        "0,1",
        "--negative-seeds",
        "2,3",
        "--steps",
        "2",
        "--name",
        "smile",
        "--out",
        file("e.safetensors"));
    Path positive = Files.createDirectory(folder.resolve("positive"));
    Path negative = Files.createDirectory(folder.resolve("negative"));
    works("sample", "--seeds", "5,6", "--steps", "2", "--images", positive.toString());
    works("sample", "--seeds", "7,8", "--steps", "2", "--images", negative.toString());
    Files.move(negative.resolve("seed-7.png"), negative.resolve("seed-5.png"));
    Files.move(negative.resolve("seed-8.png"), negative.resolve("seed-6.png"));
    conditioned(
        "examples",
        "--positive",
        positive.toString(),
        "--negative",
        negative.toString(),
        "--steps",
        "2",
        "--name",
        "hat",
        "--out",
        file("p.safetensors"));

    conditioned(
        "annotate",
        "--samples",
        "8",
        "--steps",
        "2",
        "--classifier",
        CLASSIFIER,
        "--out",
        file("a.csv"));
    works(
        "attribute",
        "--annotations",
        file("a.csv"),
        "--name",
        "smile",
        "--examples",
        "3",
        "--out",
        file("smile.safetensors"));
    conditioned(
        "edit",
        "--seeds",
        "0,1",
        "--steps",
        "2",
        "--direction",
        pca + ":0",
        "--strengths=-1,0,1",
        "--inject-into",
        "negative",
        "--out",
        file("g.png"),
        "--images",
        file("cells"));
    works(
        "edit",
        "--trajectory",
        saved,
        "--direction",
        file("smile.safetensors"),
        "--strengths=0,1",
        "--out",
        file("h.png"),
        "--images",
        file("more"));
    conditioned("sample", "--seeds", "0-2", "--steps", "2", "--images", file("plain"));
    assertArrayEquals( // the edit of a file's trajectories is under the file's prompt
        image("plain/seed-1.png").values(), image("more/seed-1_0.png").values(), 0.02f);
    conditioned("swap", "--seeds", "0,1", "--steps", "2", "--out", file("w.png"));
    String evaluated =
        conditioned(
                "evaluate",
                "--direction",
                file("smile.safetensors"),
                "--samples",
                "2",
                "--seed-sets",
                "1",
                "--steps",
                "2",
                "--strength",
                "1",
                "--mask",
                "2,2,4,4",
                "--classifier",
                CLASSIFIER)
            .out();
    contains(evaluated, "diagonal mean");
    works("evaluate", "--label", pca, "--samples", "10", "--classifier", CLASSIFIER);
  }

  /** The first timestep of a trajectory. */
  private static String firstTimestep(String trajectory) {
    try (TensorFile file = TensorFile.open(Path.of(trajectory));
        PointerScope scope = new PointerScope()) {
      return Long.toString(Tensors.longs(file.tensor("timesteps"))[0]);
    }
  }

  @Test
  void promptsAndGuidanceMakeADifference() {
    use("sd");
    String[] pictures = {"none", "plain", "strong", "away"};
    String[][] conditions = {
      {},
      {"--prompt", "a hat", "--guidance", "1"},
      {"--prompt", "a hat"},
      {"--prompt", "a hat", "--negative-prompt", "a man"},
    };
    for (int i = 0; i < pictures.length; i++) {
      List<String> all = new ArrayList<>(List.of("sample", "--seeds", "3", "--steps", "4"));
      all.addAll(List.of("--out", file(pictures[i] + ".png")));
      all.addAll(List.of(conditions[i]));
      works(all.toArray(new String[0]));
      for (int j = 0; j < i; j++) {
        assertFalse(
            Arrays.equals(
                image(pictures[i] + ".png").values(), image(pictures[j] + ".png").values()),
            pictures[i] + " and " + pictures[j]);
      }
    }
    CommandRun cut =
        works(
            "sample",
            "--seeds",
            "3",
            "--steps",
            "1",
            "--out",
            file("cut.png"),
            "--prompt",
            "word ".repeat(40));
    contains(cut.err(), "tokens are cut off, because the model reads 10");
  }

  @Test
  void evaluatesWhatAnotherPromptDoesToTheSameSamples() throws IOException {
    use("sd");
    String[] drawn = {"sample", "--seeds", "7,8", "--steps", "3", "--eta", "1", "--images"};
    works(with(drawn, file("plain")));
    works(with(with(drawn, file("hat")), "--prompt", "a hat", "--guidance", "1"));
    double squares = 0;
    for (String seed : List.of("7", "8")) {
      float[] plain = image("plain/seed-" + seed + ".png").values();
      float[] hat = image("hat/seed-" + seed + ".png").values();
      for (int i = 0; i < plain.length; i++)
        squares += Math.pow(hat[i] - plain[i], 2) / (2 * plain.length);
    }
    String[] evaluate = {
      "evaluate", "--samples", "2", "--seed-sets", "1", "--first-seed", "7", "--steps", "3"
    };
    String[] quick = with(evaluate, "--classifier", CLASSIFIER, "--strength", "1");
    String out = works(with(quick, "--by-prompt", "smile=a hat", "--json", file("e.json"))).out();
    contains(out, "'a hat'");
    double pixels = json("e.json").getAsJsonArray("pixels").get(0).getAsDouble();
    assertEquals(Math.sqrt(squares), pixels, 0.02 * pixels); // the files hold 256 levels
    assertTrue(pixels > 0.01, "a change of " + pixels);

    refusedHere(
        with(quick, "--by-prompt", "hat=a hat"),
        "--by-prompt: expected ATTRIBUTE=TEXT with one of the attributes yaw, smile",
        "found 'hat=a hat'");
    refusedHere(
        with(quick, "--by-prompt", "smile=a hat", "--prompt", "a man"),
        "guidance: expected samples of a prompt without guidance",
        "found 7.5");
    use("ldm");
    refusedHere(
        with(quick, "--by-prompt", "smile=a hat"), "--by-prompt: ", "ldm-pipeline reads no texts");
  }

  @Test
  void tilesAreAsked() {
    use("sd");
    works("sample", "--seeds", "3", "--steps", "1", "--out", file("t.png"), "--tile", "8");
    refusedHere(
        arguments("sample", "--out", file("x.png"), "--tile", "7"),
        "--tile: expected 0, or a multiple of 4 from 8 on, found 7");
  }

  @Test
  void refusesConditionsThatTheModelHasNoUseFor() {
    use("ldm");
    String[] sample = {"sample", "--steps", "1", "--seeds", "0", "--out", file("x.png")};
    refusedHere(with(sample, "--prompt", "a face"), "--prompt: ", "ldm-pipeline reads no texts");
    refusedHere(with(sample, "--guidance", "2"), "--guidance: expected a --prompt with it");
    refusedHere(with(sample, "--class", "2"), "--class: expected none", "has no classes");
    use("sd");
    refusedHere(with(sample, "--class", "2"), "--class: ", "has no classes");
    refusedHere(with(sample, "--guidance", "-1"), "--guidance: expected a number of at least 0");
    refusedHere(
        with(sample, "--prompt", "a", "--negative-prompt", "b", "--guidance", "1"),
        "--negative-prompt: has no effect at --guidance 1");
    refusedHere(
        with(sample, "--negative-prompt", "b"), "--negative-prompt: expected a --prompt with it");
    works(
        "sample",
        "--steps",
        "1",
        "--seeds",
        "0",
        "--save",
        file("t.safetensors"),
        "--prompt",
        "a hat");
    String[] edit = {
      "swap", "--trajectory", file("t.safetensors"), "--prompt", "a man", "--out", file("y.png")
    };
    refusedHere(edit, "--prompt: expected a hat, that of ", "t.safetensors, or nothing");
    refusedHere(
        new String[] {"edit", "--inject-into", "all", "--direction", "x", "--out", file("z.png")},
        "expected one of both, prompt, negative, found 'all'");
  }

  private static String[] with(String[] some, String... more) {
    List<String> all = new ArrayList<>(List.of(some));
    all.addAll(List.of(more));
    return all.toArray(new String[0]);
  }

  @Test
  void classConditionalModelsNeedAClass() throws IOException {
    model =
        TinyModel.flat(
                folder.resolve("classes"),
                TinyModel.network("class_table"),
                "{\"clip_sample\": false}")
            .toString();
    String[] sample = {"sample", "--steps", "2", "--seeds", "0", "--out", file("x.png")};
    refusedHere(sample, "--class: expected one, because", "makes pictures of classes");
    refusedHere(with(sample, "--class", "5"), "--class: expected 0 to 4, found 5");
    works(with(sample, "--class", "1"));
    float[] one = image("x.png").values();
    works(with(sample, "--class", "2"));
    assertFalse(Arrays.equals(one, image("x.png").values()));
  }

  @Test
  void saysHowAModelOfTheHubIsDownloaded() {
    model = "nobody/has-this-model";
    refusedHere(
        arguments("info"),
        "nobody/has-this-model: expected a folder, or a model of the Hugging Face cache",
        "hf download nobody/has-this-model");
  }
}
