package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.ModelOptions;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Numbers beyond what a type holds are refused where they arise, and leave no file. */
class FiniteNumbersTest extends CommandTest {
  @BeforeEach
  void oneDirection() {
    run("pca --samples 8 --components 2 --steps 2 --batch 4 --out " + file("p.safetensors"));
  }

  private void noPicture(String name) {
    assertFalse(Files.exists(folder.resolve(name)));
  }

  @Test
  void strengthsBeyondTheType() {
    String edit = "edit --seeds 0 --steps 2 --out " + file("e.png") + " --direction ";
    String direction = file("p.safetensors") + ":0";
    refused(arguments(edit + direction + "=1e40"), "direction pc0", "1.0E40", "float32");
    refused(arguments(edit + direction + " --strengths=0,1e300"), "direction pc0", "1.0E300");
    noPicture("e.png");
    run(edit + direction + "=1e40 --dtype float64");
    refused(
        arguments("direction scale " + direction + " --by 1e300 --out " + file("s.safetensors")),
        "direction pc0",
        "1.0E300");
    noPicture("s.safetensors");
    String evaluate =
        "evaluate --samples 2 --seed-sets 1 --steps 2 --classifier "
            + TinyClassifier.DIRECTORY
            + " --direction "
            + file("s.safetensors");
    run("direction scale " + direction + " --by 2 --name smile --out " + file("s.safetensors"));
    refused(arguments(evaluate + " --strength 1e40"), "direction smile", "1.0E40");
    refused(arguments(evaluate + " --max-strength 1e40"), "direction smile", "1.0E40");
  }

  /** Finite strengths under which the network itself leaves its type. */
  @Test
  void aStepThatIsNotFiniteSaysWhichAndWhatMayHelp() {
    try (Model model = TinyModel.open(DType.FLOAT32);
        PointerScope scope = new PointerScope();
        Trajectory drawn =
            new Sampler(model).draw(new long[] {1, 2, 3}, SamplingOptions.DEFAULT.withSteps(4))) {
      int[] steps = {0};
      String message =
          assertThrows(
                  HspaceException.class,
                  () ->
                      new Sampler(model)
                          .decode(
                              drawn,
                              new int[] {0, 1, 2},
                              (step, first, h) -> {
                                steps[0]++;
                                Tensor delta = h.mul(new Scalar(0.0));
                                if (step == 2) delta.select(0, 1).fill_(new Scalar(Double.NaN));
                                return delta;
                              },
                              drawn.provenance().hSpace(),
                              3,
                              Progress.NONE))
              .getMessage();
      assertEquals(3, steps[0], "stops at once");
      contains(message, "step 3 of 4", "timestep 250", "rows 1 of the batch's 3", "strength");
    }
  }

  @Test
  void aStartThatIsNotFiniteSaysSo() {
    try (Model model = TinyModel.open(DType.FLOAT32);
        PointerScope scope = new PointerScope();
        Trajectory drawn =
            new Sampler(model)
                .draw(
                    new long[] {1},
                    SamplingOptions.DEFAULT.withSteps(2).withEta(EtaSchedule.DDIM))) {
      drawn.xT().flatten().narrow(0, 5, 1).fill_(new Scalar(Double.POSITIVE_INFINITY));
      String message =
          assertThrows(HspaceException.class, () -> new Sampler(model).states(drawn, 0, 2))
              .getMessage();
      contains(message, "step 1 of 2", "what the step begins with is not finite either");
    }
  }

  /** Sound until the last block: what comes of it is not a number, in every command. */
  @Test
  void spoiltWeightsStopEveryCommandAtItsFirstStep() throws Exception {
    Path spoilt = TinyModel.copy(TinyModel.DIRECTORY, folder.resolve("spoilt"));
    spoil(spoilt.resolve("unet/diffusion_pytorch_model.safetensors"), "conv_out.bias");
    run("sample --seeds 0 --steps 2 --out " + file("face.png"));
    Path direction = folder.resolve("p.safetensors");
    rename(direction, hash(TinyModel.DIRECTORY), hash(spoilt));
    String classifier = " --classifier " + TinyClassifier.DIRECTORY;
    String out = " --steps 2 --out " + file("x");
    for (String command :
        List.of(
            "sample --seeds 0" + out + ".png",
            "edit --seeds 0" + out + ".png --direction " + direction + ":0",
            "swap --seeds 0,1" + out + ".png",
            "invert " + file("face.png") + out + ".safetensors",
            "invert --eta 1 " + file("face.png") + out + ".safetensors",
            "pca --samples 8 --components 2" + out + ".safetensors",
            "annotate --samples 4" + out + ".csv" + classifier,
            "evaluate --samples 2 --steps 2 --against-random " + direction + classifier)) {
      CommandRun run = onModel(spoilt, command);
      assertEquals(2, run.code(), command + run.err());
      contains(run.err(), " of 2 (timestep ", "not finite in rows", "damaged weights");
    }
    CommandRun jacobian = onModel(spoilt, "jacobian --seed 0" + out + ".safetensors");
    assertEquals(2, jacobian.code(), jacobian.err());
    contains(jacobian.err(), "step 1 of 2", "damaged weights");
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(
          List.of(),
          files.map(f -> f.getFileName().toString()).filter(name -> name.startsWith("x")).toList());
    }
  }

  private static CommandRun onModel(Path model, String command) {
    List<String> all = new ArrayList<>(List.of(command.split(BLANK)));
    all.addAll(List.of("--threads", "1", "-q", "--model", model.toString()));
    return CommandRun.of(all.toArray(new String[0]));
  }

  private static String hash(Path directory) {
    try (Model model = Model.open(directory, ModelOptions.DEFAULT)) {
      return model.hash();
    }
  }

  /** Fills a tensor of a safetensors file with bytes that are not a number in any type. */
  private static void spoil(Path file, String name) throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    JsonArray place =
        JsonParser.parseString(new String(bytes, 8, header, StandardCharsets.UTF_8))
            .getAsJsonObject()
            .getAsJsonObject(name)
            .getAsJsonArray("data_offsets");
    int begin = 8 + header;
    Arrays.fill(
        bytes, begin + place.get(0).getAsInt(), begin + place.get(1).getAsInt(), (byte) 0xff);
    Files.write(file, bytes);
  }

  /** Replaces a text in a file's bytes by another as long. */
  private static void rename(Path file, String from, String to) throws Exception {
    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
    Files.writeString(file, bytes.replace(from, to), StandardCharsets.ISO_8859_1);
  }

  /** log 0: diffusers answers NaN, a picture of which is black. */
  @Test
  void aFourierModelAtTimestepZero() throws Exception {
    Path pipeline = Files.createDirectory(folder.resolve("fourier"));
    Path golden = Path.of("native/test/golden/fourier");
    Path unet = Files.createDirectories(pipeline.resolve("unet"));
    try (Stream<Path> files = Files.list(golden)) {
      for (Path one : files.toList()) Files.copy(one, unet.resolve(one.getFileName()));
    }
    Path scheduler = Files.createDirectories(pipeline.resolve("scheduler"));
    Files.copy(
        TinyModel.DIRECTORY.resolve("model_index.json"), pipeline.resolve("model_index.json"));
    for (int offset : List.of(0, 1)) {
      Files.writeString(
          scheduler.resolve("scheduler_config.json"),
          "{\"_class_name\": \"DDIMScheduler\", \"steps_offset\": " + offset + "}");
      try (Model model = Model.open(pipeline, ModelOptions.DEFAULT)) {
        SamplingOptions options = SamplingOptions.DEFAULT.withSteps(2);
        if (offset == 1) {
          new Sampler(model).sample(new long[] {0}, options, Progress.NONE).close();
        } else {
          String message =
              assertThrows(
                      HspaceException.class,
                      () -> new Sampler(model).sample(new long[] {0}, options, Progress.NONE))
                  .getMessage();
          contains(message, "timestep 0", "steps_offset");
        }
      }
    }
  }

  @Test
  void everyTypeIsLookedThrough() {
    for (ScalarType type :
        List.of(ScalarType.Half, ScalarType.BFloat16, ScalarType.Float, ScalarType.Double)) {
      try (PointerScope scope = new PointerScope()) {
        Tensor good = Tensors.zeros(ScalarType.Float, 7, 1001).to(type);
        assertTrue(Finite.all(good), type.name());
        for (double odd :
            new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
          for (int at : new int[] {0, 3333, 7006}) {
            Tensor holed = good.clone();
            holed.flatten().narrow(0, at, 1).fill_(new Scalar(odd));
            assertFalse(Finite.all(holed), type + " " + odd);
            assertFalse(Finite.all(holed.t()), "also where rows are not in order");
            contains(Finite.found(holed), odd != odd ? "NaN" : "infinity", "1 of 7007");
          }
        }
        assertTrue(Finite.all(Tensors.zeros(ScalarType.Float, 0)));
      }
    }
  }

  @Test
  void countsAndSeedsThatNoNumberHolds() {
    String pca = "pca --components 2 --steps 2 --out " + file("q.safetensors");
    refused(arguments(pca + " --samples 3000000000"), "--samples", "to 2147483647");
    refused(arguments(pca + " --samples 8 --first-seed 9223372036854775800"), "first-seed", "2^63");
    refused(
        arguments(pca + " --samples 8 --first-seed 9223372036854775808"),
        "--first-seed",
        "to 9223");
    refused(arguments(pca.replace("--steps 2", "--steps 2147483647")), "steps: expected 1 to 1000");
    refused(
        arguments(
            "examples --positive-seeds 1 --negative-seeds 2 --steps 2147483647 --name x --out "
                + file("q.safetensors")),
        "steps: expected 1 to 1000");
    refused(
        arguments("jacobian --seed 0 --steps 2 --tolerance 1e400 --out " + file("q.safetensors")),
        "tolerance");
    String sample = "sample --steps 2 --out " + file("q.png") + " --seeds ";
    refused(arguments(sample + "0-99999999999"), "at most 10000000 of them");
    refused(arguments(sample + "0-6000000,7000000-13000000"), "at most 10000000 of them");
    refused(arguments(sample + "9999999999999999999"), "below 10^18");
    refused(arguments(sample + "5-3"), "FIRST <= LAST");
  }
}
