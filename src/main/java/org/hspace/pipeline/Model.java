package org.hspace.pipeline;

import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Utf8;

/**
 * A denoising model: a U-Net and its noise schedule, from a diffusers pipeline in any of the
 * layouts of {@link ModelDirectory}.
 *
 * <p>Owns the network's weights; close it when done. Its methods may be called from several
 * threads.
 */
public final class Model extends NativeResource {
  private final Path directory;
  private final ModelOptions options;
  private final HspaceNative.Model handle;
  private final UNet unet;
  private final ModelDirectory parts;
  private final SchedulerConfig schedulerConfig;
  private final int[] sampleShape;
  private final boolean learnedVariance;
  private final List<String> warnings;

  private Model(Path directory, ModelOptions options) {
    this.directory = directory;
    this.options = options;
    this.handle =
        NativeCall.scoped(
            () ->
                own(HspaceNative.Model.open(Utf8.bytes(directory.toString()), options.toNative())));
    this.unet = own(NativeCall.scoped(() -> new UNet(handle.unet())));
    this.parts = NativeCall.scoped(() -> ModelDirectory.of(handle.parts()));
    this.schedulerConfig = new SchedulerConfig(handle::scheduler);
    this.sampleShape = NativeCall.scoped(() -> extents(handle.sampleShape()));
    this.learnedVariance = handle.learnedVariance();
    this.warnings = NativeCall.scoped(() -> List.copyOf(Utf8.strings(handle.warnings())));
  }

  /**
   * Loads a model.
   *
   * @throws HspaceException naming what is missing, unknown or malformed, and where
   */
  public static Model open(Path directory, ModelOptions options) {
    return new Model(directory, options);
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
  public int[] bottleneckShape(HSpace point) {
    return use(() -> NativeCall.scoped(() -> extents(handle.bottleneckShape(point.ordinal()))));
  }

  private static int[] extents(HspaceNative.Shape shape) {
    return new int[] {
      Math.toIntExact(shape.at(0)), Math.toIntExact(shape.at(1)), Math.toIntExact(shape.at(2))
    };
  }

  /** The tensor on the model's device; the same tensor when it is there already. */
  public Tensor toDevice(Tensor t) {
    if (options.device().isCpu()) return t;
    return t.to(options.device().toNative(), t.scalar_type());
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
  public String hash() {
    return use(() -> NativeCall.scoped(() -> Utf8.string(handle.hash())));
  }

  /**
   * Whether a hash is this model's: {@link #hash()}, or what files of versions up to 0.1 hold, the
   * sha256 of {@code config.json} and the weight files byte by byte.
   */
  public boolean hasHash(String other) {
    return use(() -> NativeCall.scoped(() -> handle.hasHash(Utf8.bytes(other))));
  }

  /**
   * A direction by its name in the model's {@code directions/} folder, or as {@code FILE:WHICH} as
   * on the command line; to be closed by the caller.
   *
   * @throws HspaceException naming those that there are, when it is none of them, or was made with
   *     another model
   */
  public Direction direction(String name) {
    return new Direction(() -> use(() -> HspaceNative.findDirection(handle, Utf8.bytes(name))));
  }

  /** The names in the files of the model's {@code directions/} folder, sorted. */
  public List<String> directionNames() {
    return use(() -> NativeCall.scoped(() -> Utf8.strings(HspaceNative.directionNames(handle))));
  }

  /** The C++ object, for a {@linkplain #use use} of this. */
  public HspaceNative.Model handle() {
    return handle;
  }
}
