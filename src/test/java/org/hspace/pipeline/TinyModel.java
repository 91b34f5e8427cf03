package org.hspace.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.RuntimeOptions;
import org.junit.jupiter.api.Assumptions;

/** The tiny trained pipeline of the tests: 16 x 16 pixels, h (16, 4, 4). */
public final class TinyModel {
  public static final Path GOLDEN = Path.of("src/test/resources/golden");
  public static final Path DIRECTORY = GOLDEN.resolve("tiny-pipeline");

  /**
   * The longest chain of operations of a network pass: 28 convolutions of up to 9 x 32 products, 24
   * normalisations of groups of up to 1,024 values, and three attentions of 16 positions.
   */
  public static final long OPERATIONS = 28 * 9 * 32 + 24 * 1024 + 3 * (16 + 16 + 8);

  private TinyModel() {}

  /**
   * Opened in the given precision, to be closed by the caller; its layers are too small for a
   * second thread. Where the processor has no bfloat16 the test that asks for it is skipped.
   */
  public static Model open(DType dtype) {
    NativeRuntime.configure(RuntimeOptions.HOST.withThreads(1));
    if (dtype == DType.BFLOAT16) assumeBfloat16();
    return Model.open(DIRECTORY, ModelOptions.DEFAULT.withDType(dtype));
  }

  /**
   * Copies a folder with all in it, for a test that spoils it.
   *
   * @param to is made
   * @return {@code to}
   */
  public static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path one : files.toList()) Files.copy(one, to.resolve(from.relativize(one).toString()));
    }
    return to;
  }

  private static void assumeBfloat16() {
    try {
      Model.open(DIRECTORY, ModelOptions.DEFAULT.withDType(DType.BFLOAT16)).close();
    } catch (HspaceException e) {
      Assumptions.abort(e.getMessage());
    }
  }

  /**
   * A model directory laid out flat, as older checkpoints lie on their hub: {@code config.json},
   * the weights and {@code scheduler_config.json} beside {@code model_index.json}.
   *
   * @param unet where config and weights come from
   * @param scheduler the JSON of the scheduler
   * @return {@code target}
   */
  public static Path flat(Path target, Path unet, String scheduler) throws IOException {
    Files.createDirectories(target);
    for (String name : new String[] {"config.json", "diffusion_pytorch_model.safetensors"}) {
      Files.copy(unet.resolve(name), target.resolve(name));
    }
    Files.writeString(target.resolve("scheduler_config.json"), scheduler);
    Files.writeString(
        target.resolve("model_index.json"),
        "{\"_class_name\": \"DDPMPipeline\", \"scheduler\": [\"diffusers\", \"DDPMScheduler\"],"
            + " \"unet\": [\"diffusers\", \"UNet2DModel\"]}");
    return target;
  }

  /** The directory of a network of the C++ tests: {@code config.json} and weights. */
  public static Path network(String name) {
    return Path.of("native/test/golden", name);
  }
}
