package org.hspace.pipeline;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.ToNumberPolicy;
import com.google.gson.annotations.SerializedName;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.LongVector;
import org.hspace.HspaceException;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeCall;
import org.hspace.nativelib.Utf8;

/**
 * Where a trajectory or a direction comes from, as written into its file.
 *
 * @param modelHash {@link Model#hash()}
 * @param schedulerHash sha256 of the noise schedule's configuration
 * @param steps inference steps T
 * @param eta η at each step (T)
 * @param hSpaceId where h was read: after, before or middle
 * @param seeds seeds of the rows; null when they are images
 * @param images images of the rows; null when they are seeds
 * @param method how trajectories came about: sample, ddim or ddpm; of a direction, the kind of its
 *     discovery
 * @param toolVersion version of this software
 * @param referenceSeeds whether noise followed the Python reference
 * @param noise how z comes from the seeds; each step's own where files say nothing
 * @param clipping what was done to the predictions; null for nothing
 * @param conditioning prompt, guidance and class
 * @param textHash sha256 of what read the prompt; null without one
 * @param details further facts of a direction: numbers, strings and lists of them
 */
public record Provenance(
    @SerializedName("model_hash") String modelHash,
    @SerializedName("scheduler_hash") String schedulerHash,
    int steps,
    List<Double> eta,
    @SerializedName("h_space") String hSpaceId,
    List<Long> seeds,
    List<ImageSource> images,
    String method,
    @SerializedName("tool_version") String toolVersion,
    @SerializedName("reference_seeds") boolean referenceSeeds,
    StepNoise noise,
    @SerializedName("clip") Clipping clipping,
    Conditioning conditioning,
    @SerializedName("text_hash") String textHash,
    Map<String, Object> details) {

  /** Across the border it goes as the JSON that files hold; C++ reads and writes that. */
  private static final Gson GSON =
      new GsonBuilder()
          .disableHtmlEscaping()
          .setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE)
          .create();

  public Provenance {
    if (noise == null) noise = StepNoise.STEPS;
    if (conditioning == null) conditioning = Conditioning.NONE;
  }

  /** The provenance of samples. */
  public static Provenance ofSamples(Model model, SamplingOptions options, long[] seeds) {
    return model.use(
        () ->
            of(
                () ->
                    new HspaceNative.Sampler(model.handle())
                        .provenance(new LongVector(seeds), options.toNative())));
  }

  /** The provenance of inverted images. */
  public static Provenance ofImages(
      Model model, InversionOptions options, List<ImageSource> images) {
    return model.use(
        () ->
            of(
                () ->
                    HspaceNative.inversionProvenance(
                        model.handle(), ImageSource.toNative(images), options.toNative())));
  }

  /**
   * The provenance of directions found on such trajectories.
   *
   * @param kind pca, jacobian, examples, attribute, disentangled or combined
   * @param facts the method's options and figures; replaces the list of seeds or images
   */
  public Provenance ofDirections(String kind, Map<String, Object> facts) {
    return of(() -> toNative().ofDirections(Utf8.bytes(kind), Utf8.bytes(GSON.toJson(facts))));
  }

  /** Where h was read. */
  public HSpace hSpace() {
    return HSpace.parse(hSpaceId);
  }

  /** η at each step (T). */
  public double[] etaValues() {
    return eta.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** As JSON, one object; absent facts are left out. */
  public String toJson() {
    return NativeCall.scoped(() -> Utf8.string(toNative().json()));
  }

  /**
   * Reads the JSON form.
   *
   * @param json null for a text that is not there
   * @param where the file, for messages
   * @throws HspaceException naming the field that is missing or wrong
   */
  public static Provenance parse(String json, String where) {
    if (json == null)
      throw new HspaceException(
          where + ": metadata 'provenance': expected a JSON object, found nothing");
    return of(() -> HspaceNative.Provenance.parse(Utf8.bytes(json), Utf8.bytes(where)));
  }

  /** What a C++ call returns. */
  public static Provenance of(Supplier<HspaceNative.Provenance> call) {
    return GSON.fromJson(NativeCall.scoped(() -> Utf8.string(call.get().json())), Provenance.class);
  }

  /** The C++ value; of the enclosing scope. */
  public HspaceNative.Provenance toNative() {
    return HspaceNative.Provenance.parse(Utf8.bytes(GSON.toJson(this)), Utf8.bytes("provenance"));
  }

  /**
   * Refuses another model.
   *
   * @param where the file that this provenance comes from, for the message
   * @throws HspaceException with both hashes
   */
  public void checkModel(Model model, String where) {
    model.use(
        () -> NativeCall.scoped(() -> toNative().checkModel(model.handle(), Utf8.bytes(where))));
  }

  /**
   * Refuses another noise schedule; a trajectory depends on it.
   *
   * @param where the file that this provenance comes from, for the message
   * @throws HspaceException with both hashes
   */
  public void checkScheduler(Model model, String where) {
    model.use(
        () ->
            NativeCall.scoped(() -> toNative().checkScheduler(model.handle(), Utf8.bytes(where))));
  }
}
