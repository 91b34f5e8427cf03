package org.hspace.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;

/**
 * A diffusers pipeline directory: {@code model_index.json}, {@code unet/} and {@code
 * scheduler/scheduler_config.json}.
 *
 * <p>Owns the network's weights; close it when done. Its methods may be called from several
 * threads.
 */
public final class Model extends NativeResource {
  private final Path directory;
  private final ModelOptions options;
  private final SchedulerConfig schedulerConfig;
  private final int[] sampleShape;
  private final UNet unet;
  private String hash;
  private final int[][] bottleneckShapes = new int[HSpace.values().length][];

  private Model(Path directory, ModelOptions options) {
    this.directory = directory;
    this.options = options;
    this.schedulerConfig =
        SchedulerConfig.load(directory.resolve("scheduler/scheduler_config.json"));
    JsonFile unetConfig = JsonFile.read(directory.resolve("unet/config.json"));
    int[] size = unetConfig.size("sample_size");
    if (size == null) throw unetConfig.error("sample_size", "a size or [height, width]", "nothing");
    this.sampleShape =
        new int[] {unetConfig.integer("in_channels", 3, 1, 1 << 16), size[0], size[1]};
    this.unet = own(new UNet(directory.resolve("unet"), options));
  }

  /**
   * Loads a model.
   *
   * @throws HspaceException naming what is missing, unknown or malformed, and where
   */
  public static Model open(Path directory, ModelOptions options) {
    if (!Files.isDirectory(directory)) {
      throw new HspaceException(
          directory
              + ": expected a model directory, found "
              + (Files.exists(directory) ? "a file" : "nothing"));
    }
    for (String part : List.of("unet/config.json", "scheduler/scheduler_config.json")) {
      if (!Files.isRegularFile(directory.resolve(part))) {
        throw new HspaceException(
            directory + ": expected a diffusers pipeline directory, but it has no " + part);
      }
    }
    return new Model(directory, options);
  }

  /** The denoiser; it lives as long as the model. */
  public UNet unet() {
    checkOpen();
    return unet;
  }

  /** The noise schedule's configuration. */
  public SchedulerConfig schedulerConfig() {
    return schedulerConfig;
  }

  /** Where the model was loaded from. */
  public Path directory() {
    return directory;
  }

  /** How it was loaded. */
  public ModelOptions options() {
    return options;
  }

  /** Shape of one sample {C, H, W}. */
  public int[] sampleShape() {
    return sampleShape.clone();
  }

  /** Shape of one bottleneck activation {c, h, w} at the given point; found by one encoder pass. */
  public synchronized int[] bottleneckShape(HSpace point) {
    int[] known = bottleneckShapes[point.ordinal()];
    if (known != null) return known.clone();
    try (PointerScope scope = new PointerScope()) {
      Tensor x =
          toDevice(
              Tensors.zeros(
                  options.dtype().scalarType(), 1, sampleShape[0], sampleShape[1], sampleShape[2]));
      try (Bottleneck bottleneck = unet().encode(x, toDevice(Tensors.of(1L)), point)) {
        Tensor h = bottleneck.h();
        known = new int[] {(int) h.size(1), (int) h.size(2), (int) h.size(3)};
      }
    }
    bottleneckShapes[point.ordinal()] = known;
    return known.clone();
  }

  /** The tensor on the model's device; the same tensor when it is there already. */
  public Tensor toDevice(Tensor t) {
    if (options.device().isCpu()) return t;
    return t.to(new org.bytedeco.pytorch.Device(options.device().name()), t.scalar_type());
  }

  /**
   * sha256 of the U-Net's configuration and weight files, in hexadecimal; computed on first use.
   */
  public synchronized String hash() {
    if (hash == null) hash = Hashes.sha256(files());
    return hash;
  }

  /**
   * {@code unet/config.json} and the weight files of the chosen variant, in the order of their
   * names.
   */
  private List<Path> files() {
    Path unetDirectory = directory.resolve("unet");
    String prefix =
        "diffusion_pytorch_model" + (options.variant().isEmpty() ? "" : "." + options.variant());
    List<Path> files = new ArrayList<>(List.of(unetDirectory.resolve("config.json")));
    Path single = unetDirectory.resolve(prefix + ".safetensors");
    if (Files.exists(single)) {
      files.add(single);
      return files;
    }
    try (Stream<Path> all = Files.list(unetDirectory)) {
      all.filter(
              file -> {
                String name = file.getFileName().toString();
                return name.startsWith(prefix + "-") && name.endsWith(".safetensors");
              })
          .sorted()
          .forEach(files::add);
    } catch (IOException e) {
      throw new HspaceException(unetDirectory + ": cannot be listed: " + e.getMessage());
    }
    return files;
  }
}
