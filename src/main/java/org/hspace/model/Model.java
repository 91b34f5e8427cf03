package org.hspace.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;

/**
 * A diffusers pipeline of a {@code UNet2DModel} and a scheduler, in any of the layouts of {@link
 * ModelDirectory}.
 *
 * <p>Owns the network's weights; close it when done. Its methods may be called from several
 * threads.
 */
public final class Model extends NativeResource {
  private final Path directory;
  private final ModelDirectory parts;
  private final ModelOptions options;
  private final SchedulerConfig schedulerConfig;
  private final int[] sampleShape;
  private final boolean learnedVariance;
  private final UNet unet;
  private final List<String> warnings;
  private String hash;
  private String hashOfFiles;
  private final int[][] bottleneckShapes = new int[HSpace.values().length][];

  private Model(Path directory, ModelDirectory parts, ModelOptions options) {
    this.directory = directory;
    this.parts = parts;
    this.options = options;
    this.schedulerConfig = SchedulerConfig.load(parts.scheduler());
    JsonFile unetConfig = JsonFile.read(parts.unetConfig());
    int[] size = unetConfig.size("sample_size");
    if (size == null) throw unetConfig.error("sample_size", "a size or [height, width]", "nothing");
    int channels = unetConfig.integer("in_channels", 3, 1, 1 << 16);
    this.sampleShape = new int[] {channels, size[0], size[1]};
    this.learnedVariance = unetConfig.integer("out_channels", 3, 1, 1 << 17) == 2 * channels;
    this.unet = own(new UNet(parts.unet(), options));
    this.warnings = unet.warnings();
  }

  /**
   * Loads a model.
   *
   * @throws HspaceException naming what is missing, unknown or malformed, and where
   */
  public static Model open(Path directory, ModelOptions options) {
    return new Model(directory, ModelDirectory.find(directory), options);
  }

  /** The denoiser; it lives as long as the model. */
  public UNet unet() {
    return use(() -> unet);
  }

  /** The noise schedule's configuration. */
  public SchedulerConfig schedulerConfig() {
    return schedulerConfig;
  }

  /** Where the model was loaded from. */
  public Path directory() {
    return directory;
  }

  /** Where its parts lie. */
  public ModelDirectory parts() {
    return parts;
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
                  options.dtype().stateType(), 1, sampleShape[0], sampleShape[1], sampleShape[2]));
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

  /** What is to be said of this model once: one sentence each, without the end's period. */
  public List<String> warnings() {
    return warnings;
  }

  /** Whether the network also outputs a variance, which sampling has no use for. */
  public boolean learnedVariance() {
    return learnedVariance;
  }

  /**
   * sha256 of what decides the network's function, in hexadecimal: the settings as understood, and
   * the tensors that were loaded, as they are stored. Where they lie, and what else lies there,
   * does not matter. Computed on first use.
   */
  public synchronized String hash() {
    if (hash == null) hash = unet().hash();
    return hash;
  }

  /**
   * Whether a hash is this model's: {@link #hash()}, or what files of versions up to 0.1 hold, the
   * sha256 of {@code config.json} and the weight files byte by byte.
   */
  public boolean hasHash(String other) {
    return hash().equals(other) || hashOfFiles().equals(other);
  }

  private synchronized String hashOfFiles() {
    if (hashOfFiles == null) {
      List<Path> files = new ArrayList<>(List.of(parts.unetConfig()));
      files.addAll(unet().weightFiles());
      hashOfFiles = Hashes.sha256(files);
    }
    return hashOfFiles;
  }
}
