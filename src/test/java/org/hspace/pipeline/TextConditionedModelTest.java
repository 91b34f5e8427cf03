package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.TensorFile;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pipelines that read texts, from words to pictures, against diffusers' own; {@code
 * tools/golden/make_latent_pipelines.py} wrote the golden files.
 */
class TextConditionedModelTest {
  private static final int STEPS = 4;
  private static final double GUIDANCE = 3.5;
  private static final String PROMPT = "A smiling woman with Ünïcode glasses";
  private static final String NEGATIVE = "hat";

  private static Path directory(String kind) {
    return TinyModel.GOLDEN.resolve(kind + "-pipeline");
  }

  private static Model open(String kind) {
    return Model.open(directory(kind), ModelOptions.DEFAULT.withDType(DType.FLOAT64));
  }

  private static List<Long> tokens(TensorFile golden, String name) {
    try (PointerScope scope = new PointerScope()) {
      List<Long> tokens = new ArrayList<>();
      for (long token : Tensors.longs(golden.tensor(name))) tokens.add(token);
      return tokens;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sd", "sd2", "sdxl"})
  void wordsBecomeThePicturesOfDiffusers(String kind) {
    try (Model model = open(kind);
        TensorFile golden = TensorFile.open(directory(kind).resolve("golden.safetensors"))) {
      Prompt prompt = model.prompt(PROMPT);
      Prompt negative = model.prompt(NEGATIVE);
      String[] names = {"tokenizer", "tokenizer_2"};
      assertEquals(kind.equals("sdxl") ? 2 : 1, prompt.tokens().size());
      for (int i = 0; i < prompt.tokens().size(); i++) {
        assertEquals(tokens(golden, names[i] + "_prompt"), prompt.tokens().get(i));
        assertEquals(tokens(golden, names[i] + "_negative"), negative.tokens().get(i));
        assertEquals(tokens(golden, names[i] + "_empty"), model.prompt("").tokens().get(i));
      }
      boolean zeros = model.parts().zerosForEmptyPrompt();
      assertEquals(kind.equals("sdxl"), zeros);
      Conditioning plain = Conditioning.of(prompt);
      check(model, golden, "plain", plain);
      check(model, golden, "guided", plain.guided(negative, GUIDANCE));
      check(model, golden, "no_negative", plain.guided(zeros ? null : model.prompt(""), GUIDANCE));
    }
  }

  private static void check(
      Model model, TensorFile golden, String name, Conditioning conditioning) {
    SamplingOptions options =
        SamplingOptions.DEFAULT
            .withSteps(STEPS)
            .withEta(EtaSchedule.DDIM)
            .withConditioning(conditioning);
    Lattice lattice = NoiseSchedule.of(model.schedulerConfig()).lattice(STEPS);
    try (PointerScope scope = new PointerScope();
        Trajectory start =
            new Trajectory(
                golden.tensor("start"),
                null,
                null,
                null,
                lattice,
                Provenance.ofSamples(model, options, new long[] {0, 1}))) {
      Tensor latents =
          new Sampler(model)
              .decode(start, new int[] {0, 1}, Injection.NONE, HSpace.AFTER, 2, Progress.NONE);
      Tensor pictures = Tensors.times(model.pictures(latents), .5); // (2, 3, 16, 16)
      double[] levels = Tensors.doubles(pictures);
      for (int i = 0; i < levels.length; i++)
        levels[i] = Math.min(1, Math.max(0, levels[i] + .5)); // as diffusers scales them
      close(Tensors.doubles(golden.tensor(name + "_latent")), Tensors.doubles(latents), name);
      close(Tensors.doubles(golden.tensor(name + "_pt")), levels, name);
    }
  }

  private static void close(double[] expected, double[] found, String what) {
    assertEquals(expected.length, found.length, what);
    for (int i = 0; i < expected.length; i++)
      assertEquals(expected[i], found[i], 1e-6 * (1 + Math.abs(expected[i])), what + " " + i);
  }

  /** What is recorded comes back: a trajectory file decodes under its own prompt. */
  @Test
  void filesRememberThePrompt(@TempDir Path folder) {
    Path file = folder.resolve("t.safetensors");
    try (Model model = open("sd")) {
      Conditioning asked =
          Conditioning.of(model.prompt(PROMPT)).guided(model.prompt(NEGATIVE), GUIDANCE);
      SamplingOptions options = SamplingOptions.DEFAULT.withSteps(2).withConditioning(asked);
      try (PointerScope scope = new PointerScope();
          Trajectory sampled = new Sampler(model).sample(new long[] {3}, options, Progress.NONE)) {
        sampled.save(file);
        try (Trajectory read = Trajectory.open(file, model)) {
          assertEquals(asked, read.provenance().conditioning());
          assertTrue(read.provenance().textHash().matches("[0-9a-f]{64}"));
          Tensor again =
              new Sampler(model)
                  .decode(read, new int[] {0}, Injection.NONE, HSpace.AFTER, 1, Progress.NONE);
          assertArrayEquals(Tensors.doubles(sampled.x0()), Tensors.doubles(again));
        }
      }
    }
  }

  /** Δh in one pass, in the other, and in both are three edits; together they are the last. */
  @Test
  void directionsGoIntoThePassesAskedFor() {
    try (Model model = open("sd");
        PointerScope scope = new PointerScope()) {
      Conditioning asked =
          Conditioning.of(model.prompt(PROMPT)).guided(model.prompt(NEGATIVE), GUIDANCE);
      SamplingOptions options =
          SamplingOptions.DEFAULT.withSteps(1).withEta(EtaSchedule.DDIM).withConditioning(asked);
      int[] h = model.bottleneckShape(HSpace.AFTER);
      try (Trajectory start = new Sampler(model).draw(new long[] {1}, options);
          Direction direction =
              new Direction(
                  "small",
                  Tensors.times(
                      Tensors.zeros(ScalarType.Double, 1, h[0], h[1], h[2]).normal_(), 1e-5),
                  start.lattice().timesteps(),
                  HSpace.AFTER)) {
        Edit edit = Edit.of(new WeightedDirection(direction, 1));
        double[][] changes = new double[3][];
        for (InjectInto into : InjectInto.values()) {
          EditOptions editing = EditOptions.DEFAULT.withInjectInto(into);
          try (Images images =
              new EditGrid(model).run(start, List.of(Edit.NONE, edit), editing, Progress.NONE)) {
            Tensor both = images.tensor(); // (2, 4, 8, 8)
            changes[into.ordinal()] = Tensors.doubles(both.select(0, 1).sub(both.select(0, 0)));
          }
        }
        double largest = 0;
        for (double change : changes[0]) largest = Math.max(largest, Math.abs(change));
        for (int i = 0; i < changes[0].length; i++) { // to first order
          assertEquals(changes[0][i], changes[1][i] + changes[2][i], 1e-3 * largest);
        }
        assertTrue(largest > 0);
      }
    }
  }

  @Test
  void masksOfPicturesCoverTheLatentsBeneath() {
    try (Model model = open("sd");
        PointerScope scope = new PointerScope()) {
      assertArrayEquals(new int[] {4, 8, 8}, model.sampleShape());
      assertArrayEquals(new int[] {3, 16, 16}, model.pictureShape());
      Tensor mask = Tensors.zeros(ScalarType.Float, 1, 1, 16, 16);
      mask.select(2, 5).select(2, 9).fill_(new org.bytedeco.pytorch.Scalar(1f));
      double[] found = Tensors.doubles(model.sampleMask(mask));
      assertEquals(64, found.length);
      for (int i = 0; i < 64; i++) assertEquals(i == 2 * 8 + 4 ? 1 : 0, found[i]);
    }
  }

  @Test
  void saysWhatItNeedsAndWhatItDoesNot() {
    try (Model text = open("sd");
        Model latent = open("ldm")) {
      assertTrue(text.readsTexts() && text.latent() && latent.latent());
      assertEquals(List.of("unet", "vae", "text_encoder"), List.copyOf(text.parameters().keySet()));
      assertEquals(List.of("unet", "vqvae"), List.copyOf(latent.parameters().keySet()));
      assertEquals(Conditioning.NONE, latent.plainConditioning());
      assertEquals("", text.plainConditioning().prompt().text());
      assertNull(text.plainConditioning().negative());
      HspaceException none =
          assertThrows(HspaceException.class, () -> text.checkConditioning(Conditioning.NONE));
      assertTrue(none.getMessage().startsWith("prompt: expected one"), none.getMessage());
      assertThrows(HspaceException.class, () -> latent.prompt("a face"));
      List<String> remarks = new ArrayList<>();
      Prompt cut = text.prompt("word ".repeat(50), remarks::add);
      assertEquals(12, cut.tokens().get(0).size());
      assertEquals(1, remarks.size());
      assertTrue(remarks.get(0).contains("are cut off, because the model reads 10"));
    }
  }

  @Test
  void refusesATokenizerOfAnotherModel(@TempDir Path folder) throws IOException {
    Path copy = TinyModel.copy(directory("sd"), folder.resolve("model"));
    Path foreign = TinyModel.GOLDEN.resolve("tokenizers/first");
    try (Stream<Path> files = Files.list(foreign)) {
      for (Path file : files.toList())
        Files.copy(
            file,
            copy.resolve("tokenizer").resolve(file.getFileName().toString()),
            java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    try (Model model = Model.open(copy, ModelOptions.DEFAULT)) {
      String message = assertThrows(HspaceException.class, () -> model.prompt("a")).getMessage();
      assertTrue(message.contains("tokenizer: expected a vocabulary of at most 526"), message);
      Files.delete(copy.resolve("tokenizer/vocab.json"));
      assertTrue(
          assertThrows(HspaceException.class, () -> model.prompt("a"))
              .getMessage()
              .contains("expected a tokenizer"));
    }
  }
}
