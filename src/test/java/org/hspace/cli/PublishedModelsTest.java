package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.pipeline.TinyModel;
import org.junit.jupiter.api.Test;

/** Commands on model directories as people find them. */
class PublishedModelsTest extends CommandTest {
  /** google/ddpm-ema-celebahq-256's, and nearly every DDPM's. */
  private static final String SCHEDULER =
      "{\"_class_name\": \"DDPMScheduler\", \"clip_sample\": true, \"variance_type\": \"fixed_small\"}";

  private Path flat(String name, Path unet) throws IOException {
    return TinyModel.flat(folder.resolve(name), unet, SCHEDULER);
  }

  private static CommandRun on(Path model, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--threads", "1", "--model", model.toString()));
    return CommandRun.of(all.toArray(new String[0]));
  }

  private static CommandRun runOn(Path model, String... arguments) {
    CommandRun run = on(model, arguments);
    assertEquals(0, run.code(), run.err());
    return run;
  }

  private static void refusedOn(Path model, String part, String... arguments) {
    CommandRun run = on(model, arguments);
    assertEquals(2, run.code(), run.err());
    assertEquals(1, run.err().lines().filter(line -> line.startsWith("hspace: ")).count());
    contains(run.err(), part);
  }

  /** The lines of the README, on a smaller network in the same layout. */
  @Test
  void aFlatDirectoryWorks() throws IOException {
    Path model = flat("ddpm", TinyModel.DIRECTORY.resolve("unet"));
    CommandRun info = runOn(model, "info");
    contains(info.out(), "not_applied: [clip_sample to [-1, 1]", "output: epsilon");
    String components = file("celeba.safetensors");
    runOn(
        model,
        "pca",
        "--samples",
        "10",
        "--steps",
        "4",
        "--batch",
        "4",
        "--components",
        "2",
        "--out",
        components);
    String[] edit = {
      "edit",
      "--seeds",
      "0-1",
      "--steps",
      "4",
      "--direction",
      components + ":0",
      "--out",
      file("celeba.png")
    };
    CommandRun edited = runOn(model, edit);
    assertEquals(1, edited.err().lines().filter(line -> line.contains("clip_sample")).count());
    List<String> clipped = new ArrayList<>(List.of(edit));
    clipped.add("--clip");
    assertFalse(runOn(model, clipped.toArray(new String[0])).err().contains("clip_sample"));
  }

  @Test
  void clipIsRefusedWhereItCannotBe() throws IOException {
    Path model = flat("ddpm", TinyModel.DIRECTORY.resolve("unet"));
    String out = file("o.safetensors");
    runOn(
        model,
        "sample",
        "--seeds",
        "0",
        "--steps",
        "3",
        "--clip",
        "--save",
        out,
        "--images",
        file("in"));
    refusedOn(
        model,
        "--clip: not possible here",
        "invert",
        file("in/seed-0.png"),
        "--clip",
        "--out",
        file("i.safetensors"));
    refusedOn(
        model, "--clip: not possible here", "jacobian", "--clip", "--out", file("j.safetensors"));
    refusedOn(
        model, "without clip", "jacobian", "--trajectory", out, "--out", file("j.safetensors"));
    runOn(model, "sample", "--seeds", "0", "--steps", "3", "--save", file("plain.safetensors"));
    String direction = file("d.safetensors");
    runOn(
        model,
        "examples",
        "--positive-seeds",
        "1",
        "--negative-seeds",
        "2",
        "--steps",
        "3",
        "--name",
        "d",
        "--out",
        direction);
    refusedOn(
        model,
        "was made without it",
        "edit",
        "--trajectory",
        file("plain.safetensors"),
        "--clip",
        "--direction",
        direction + ":0",
        "--strengths=1",
        "--out",
        file("e.png"));
  }

  @Test
  void unknownSettingsAreSaidOnce() throws IOException {
    Path model = flat("ddpm", TinyModel.DIRECTORY.resolve("unet"));
    Path config = model.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replaceFirst("\\{", "{\"magic_attention\": true,"));
    CommandRun run =
        runOn(model, "sample", "--seeds", "0", "--steps", "2", "--quiet", "--out", file("s.png"));
    assertEquals(1, run.err().lines().count(), run.err());
    contains(run.err(), "warning", "config.json", "magic_attention");
  }

  @Test
  void learnedVarianceWorksEverywhere() throws IOException {
    Path model = flat("adm", TinyModel.network("learned_variance"));
    contains(runOn(model, "info").out(), "learned variance");
    runOn(model, "sample", "--seeds", "0", "--steps", "3", "--images", file("in"));
    runOn(model, "invert", file("in/seed-0.png"), "--steps", "3", "--out", file("i.safetensors"));
    runOn(
        model,
        "jacobian",
        "--trajectory",
        file("i.safetensors"),
        "--vectors",
        "1",
        "--timesteps",
        "333",
        "--out",
        file("j.safetensors"));
  }

  @Test
  void greyModelsTakeAndMakePictures() throws IOException {
    Path model = flat("grey", TinyModel.network("celebahq256"));
    runOn(
        model,
        "sample",
        "--seeds",
        "0-1",
        "--steps",
        "3",
        "--out",
        file("s.png"),
        "--images",
        file("in"));
    RgbImage picture = image("in/seed-0.png");
    int plane = picture.width() * picture.height();
    for (int i = 0; i < plane; i++) {
      assertEquals(picture.values()[i], picture.values()[plane + i]);
    }
    runOn(
        model,
        "invert",
        file("in/seed-0.png"),
        "--steps",
        "4",
        "--eta",
        "1",
        "--out",
        file("i.safetensors"),
        "--reconstruct",
        file("again.png"));
    assertArrayEquals(picture.values(), image("again.png").values());
    runOn(
        model,
        "pca",
        "--samples",
        "4",
        "--steps",
        "4",
        "--components",
        "1",
        "--out",
        file("p.safetensors"));
    runOn(
        model,
        "edit",
        "--trajectory",
        file("i.safetensors"),
        "--direction",
        file("p.safetensors") + ":0",
        "--strengths=-1,1",
        "--out",
        file("e.png"));
    // Colours become grey; they do not stop anything.
    runOn(model, "invert", colours(), "--steps", "2", "--out", file("c.safetensors"));
  }

  private String colours() {
    RgbImage picture = new RgbImage(2, 1, new float[] {1, -1, -1, 1, -1, -1});
    ImageFile.write(folder.resolve("colours.png"), picture);
    return file("colours.png");
  }

  @Test
  void anotherPipelineIsNamedInOneLine() throws IOException {
    Path model = flat("sd", TinyModel.DIRECTORY.resolve("unet"));
    Files.writeString(
        model.resolve("model_index.json"),
        "{\"_class_name\": \"StableDiffusionPipeline\", \"unet\": [\"diffusers\", \"UNet2DConditionModel\"],"
            + " \"vae\": [\"diffusers\", \"AutoencoderKL\"]}");
    refusedOn(model, "text_encoder: expected a component of class CLIPTextModel", "info");
    assertTrue(Files.exists(model));
  }
}
