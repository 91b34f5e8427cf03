package org.hspace.trajectory;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.annotations.SerializedName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.hspace.io.JsonFields;
import org.hspace.model.Clipping;
import org.hspace.model.HSpace;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.Versions;

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
 * @param clipping what was done to the predictions; null for nothing
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
    @SerializedName("clip") Clipping clipping,
    Map<String, Object> details) {

  private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

  /** The provenance of samples. */
  public static Provenance ofSamples(Model model, SamplingOptions options, long[] seeds) {
    return of(model, options.steps(), options.eta().values(options.steps()), options.hSpace())
        .withSeeds(seeds, options.referenceSeeds(), options.clipping(model));
  }

  /** The provenance of inverted images. */
  public static Provenance ofImages(
      Model model,
      int steps,
      double[] eta,
      HSpace hSpace,
      List<ImageSource> images,
      String method) {
    Provenance p = of(model, steps, eta, hSpace);
    return new Provenance(
        p.modelHash,
        p.schedulerHash,
        steps,
        p.eta,
        p.hSpaceId,
        null,
        List.copyOf(images),
        method,
        p.toolVersion,
        false,
        null,
        null);
  }

  private static Provenance of(Model model, int steps, double[] eta, HSpace hSpace) {
    return new Provenance(
        model.hash(),
        model.schedulerConfig().hash(),
        steps,
        DoubleStream.of(eta).boxed().toList(),
        hSpace.id(),
        null,
        null,
        "sample",
        Versions.current().hspace(),
        false,
        null,
        null);
  }

  private Provenance withSeeds(long[] values, boolean reference, Clipping clip) {
    return new Provenance(
        modelHash,
        schedulerHash,
        steps,
        eta,
        hSpaceId,
        LongStream.of(values).boxed().toList(),
        images,
        method,
        toolVersion,
        reference,
        clip,
        details);
  }

  /**
   * The provenance of directions found on such trajectories.
   *
   * @param kind pca, jacobian, examples, attribute, disentangled or combined
   * @param facts the method's options and figures; replaces the list of seeds or images
   */
  public Provenance ofDirections(String kind, Map<String, Object> facts) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("kind", kind);
    all.putAll(facts);
    return new Provenance(
        modelHash,
        schedulerHash,
        steps,
        eta,
        hSpaceId,
        null,
        null,
        method,
        toolVersion,
        referenceSeeds,
        clipping,
        all);
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
    return GSON.toJson(this);
  }

  /**
   * Reads the JSON form.
   *
   * @param where the file, for messages
   * @throws HspaceException naming the field that is missing or wrong
   */
  public static Provenance parse(String json, String where) {
    JsonFields fields = JsonFields.parse(json, where + ": metadata 'provenance'");
    double[] eta = fields.numbers("eta");
    for (double value : eta) {
      if (!(value >= 0 && value <= 1)) throw fields.error("eta", "numbers from 0 to 1");
    }
    if (eta.length == 0) throw fields.error("eta", "one number a step");
    if (fields.has("steps") && fields.integer("steps", 1, Integer.MAX_VALUE) != eta.length) {
      throw fields.error("steps", eta.length + ", as many as values of eta");
    }
    return new Provenance(
        fields.text("model_hash"),
        fields.text("scheduler_hash", null),
        eta.length,
        DoubleStream.of(eta).boxed().toList(),
        fields.choice("h_space", Stream.of(HSpace.values()).map(HSpace::id).toList()),
        fields.has("seeds")
            ? LongStream.of(fields.integers("seeds", Long.MIN_VALUE, Long.MAX_VALUE))
                .boxed()
                .toList()
            : null,
        fields.has("images")
            ? fields.objects("images").stream()
                .map(image -> new ImageSource(image.string("name"), image.text("sha256")))
                .toList()
            : null,
        fields.text("method", null),
        fields.text("tool_version", null),
        fields.flag("reference_seeds", false),
        fields.has("clip") ? clipping(fields.object("clip")) : null,
        fields.has("details") ? fields.object("details").values() : null);
  }

  private static Clipping clipping(JsonFields fields) {
    boolean clamp = fields.has("clip_sample_range");
    return new Clipping(
        clamp ? fields.number("clip_sample_range") : null,
        clamp ? null : fields.number("dynamic_thresholding_ratio"),
        clamp ? null : fields.number("sample_max_value"),
        fields.flag("posterior", false));
  }

  /**
   * Refuses another model.
   *
   * @param where the file that this provenance comes from, for the message
   * @throws HspaceException with both hashes
   */
  public void checkModel(Model model, String where) {
    if (!model.hasHash(modelHash)) {
      throw new HspaceException(
          where
              + ": made with the model of hash "
              + modelHash
              + ", but "
              + model.directory()
              + " has hash "
              + model.hash());
    }
  }

  /**
   * Refuses another noise schedule; a trajectory depends on it.
   *
   * @param where the file that this provenance comes from, for the message
   * @throws HspaceException with both hashes
   */
  public void checkScheduler(Model model, String where) {
    String found = model.schedulerConfig().hash();
    if (!found.equals(schedulerHash)) {
      throw new HspaceException(
          where
              + ": made with the noise schedule of hash "
              + schedulerHash
              + ", but that of "
              + model.directory()
              + " has hash "
              + found);
    }
  }
}
