package org.hspace.pipeline;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.NativeResource;
import org.hspace.nativelib.Tensors;
import org.hspace.nativelib.Utf8;

/**
 * A denoising model: a U-Net and its noise schedule, from a diffusers pipeline in any of the
 * layouts of {@link ModelDirectory}; with the autoencoder of a latent model and the text encoders
 * of one that reads texts. Samples are what is denoised: pictures, or the latents of a latent
 * model.
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
  private final int[] pictureShape;
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
    this.pictureShape = NativeCall.scoped(() -> extents(handle.pictureShape()));
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

  /** Shape of one picture {C, H, W}: a sample's, unless samples are latents. */
  public int[] pictureShape() {
    return pictureShape.clone();
  }

  /** Whether samples are latents, which an autoencoder makes pictures of. */
  public boolean latent() {
    return parts.autoencoder() != null;
  }

  /** Whether it makes pictures of texts. */
  public boolean readsTexts() {
    return !parts.textEncoders().isEmpty();
  }

  /** How many numbers each part has, by its folder: the U-Net first. */
  public Map<String, Long> parameters() {
    return use(
        () ->
            NativeCall.scoped(
                () -> {
                  Map<String, Long> counts = new LinkedHashMap<>();
                  counts.put("unet", unet.parameters());
                  if (handle.autoencoder() != null)
                    counts.put(
                        parts.autoencoder().getFileName().toString(),
                        handle.autoencoder().parameters());
                  for (int i = 0; i < handle.textEncoders().size(); i++)
                    counts.put(
                        parts.textEncoders().get(i).getFileName().toString(),
                        handle.textEncoders().get(i).parameters());
                  return counts;
                }));
  }

  /**
   * Samples as pictures; the same where they are.
   *
   * @param samples (B, C, H, W)
   * @return pictures (B, C, H, W), about [-1, 1], in the state's type, on the CPU; of the enclosing
   *     scope or the caller
   */
  public Tensor pictures(Tensor samples) {
    return use(() -> Tensors.scoped(() -> handle.pictures(samples, options.tile())));
  }

  /** Pictures as samples, the other way round. */
  public Tensor samples(Tensor pictures) {
    return use(() -> Tensors.scoped(() -> handle.samples(pictures, options.tile())));
  }

  /**
   * A mask of pictures as one of samples: a latent is inside where any of its pixels is.
   *
   * @param mask zeros and ones (1, 1, H, W) in a picture's size
   * @return zeros and ones in a sample's; of the enclosing scope or the caller
   */
  public Tensor sampleMask(Tensor mask) {
    return Tensors.scoped(
        () ->
            latent()
                ? new Tensor(torch.adaptive_max_pool2d(mask, sampleShape[1], sampleShape[2]).get0())
                : mask.alias());
  }

  /**
   * A text as this model's tokenizers read it; what does not fit is cut off.
   *
   * @throws HspaceException when the model reads no texts, or a tokenizer does not belong to it
   */
  public Prompt prompt(String text) {
    return prompt(text, remark -> {});
  }

  /**
   * The same.
   *
   * @param remark hears, in one sentence, of a text that was cut
   */
  public Prompt prompt(String text, Consumer<String> remark) {
    if (!readsTexts()) throw new HspaceException("prompt: " + directory + " reads no texts");
    return new PromptReader(parts).read(text, remark);
  }

  /**
   * What images are made of unless something is asked for: nothing, and of a model that reads texts
   * the empty one.
   */
  public Conditioning plainConditioning() {
    return readsTexts() ? Conditioning.of(prompt("")) : Conditioning.NONE;
  }

  /**
   * Checks that images can be made of this.
   *
   * @throws HspaceException naming what is missing or has no use
   */
  public void checkConditioning(Conditioning asked) {
    use(() -> NativeCall.scoped(() -> handle.conditioned(asked.toNative()).guided()));
  }

  /**
   * Singular vectors of the denoiser's Jacobian at noisy images, one result a chosen step.
   *
   * @param conditioning what ε is of: the guided one where there is guidance
   * @param x x_t at the first n steps (n, C, H, W)
   * @param timesteps training timesteps (n)
   * @param point where h is
   * @return of the enclosing scope
   */
  public HspaceNative.SvdVector singularVectors(
      Conditioning conditioning,
      Tensor x,
      long[] timesteps,
      HSpace point,
      HspaceNative.JacobianOptions jacobian,
      HspaceNative.Progress progress) {
    return use(
        () ->
            HspaceNative.jacobianSingularVectors(
                handle.conditioned(conditioning.toNative()),
                x,
                new LongVector(timesteps),
                point.ordinal(),
                jacobian,
                progress));
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
