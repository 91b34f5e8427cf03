package org.hspace.model;

import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The part of a diffusers {@code scheduler_config.json} that determines the noise schedule, with
 * diffusers' defaults.
 *
 * <p>Predictions are only clipped where that is asked for, and {@code variance_type} is not
 * applied: the noise of a step is η's.
 *
 * @param numTrainTimesteps training timesteps N
 * @param betaSchedule {@code linear}, {@code scaled_linear} or {@code squaredcos_cap_v2}
 * @param betaStart first β
 * @param betaEnd last β
 * @param trainedBetas all N β, or null to compute them from the schedule
 * @param setAlphaToOne whether ᾱ at the end of the last step is 1, or ᾱ_0
 * @param stepsOffset added to every timestep of the spacing "leading"
 * @param timestepSpacing {@code leading}, {@code trailing} or {@code linspace}
 * @param predictionType {@code epsilon}, {@code v_prediction} or {@code sample}
 * @param rescaleBetasZeroSnr whether the β are rescaled so that ᾱ of the last training timestep is
 *     0
 * @param clipping what {@code clip_sample} or {@code thresholding} ask for; null for nothing. No
 *     part of the noise schedule, nor of its hash
 * @param varianceType where it says another variance than η = 1 has: {@code fixed_large}, {@code
 *     learned} ...; else null
 */
public record SchedulerConfig(
    int numTrainTimesteps,
    String betaSchedule,
    double betaStart,
    double betaEnd,
    List<Double> trainedBetas,
    boolean setAlphaToOne,
    int stepsOffset,
    String timestepSpacing,
    String predictionType,
    boolean rescaleBetasZeroSnr,
    Clipping clipping,
    String varianceType) {

  private static final Set<String> CLASSES = Set.of("DDIMScheduler", "DDPMScheduler");

  /**
   * diffusers' defaults: 1000 linear β from 1e-4 to 0.02, ε-prediction, leading spacing,
   * clip_sample.
   */
  public static final SchedulerConfig DEFAULT =
      new SchedulerConfig(
          1000,
          "linear",
          1e-4,
          0.02,
          null,
          true,
          0,
          "leading",
          "epsilon",
          false,
          Clipping.clamp(1, true),
          null);

  public SchedulerConfig {
    trainedBetas = trainedBetas == null ? null : List.copyOf(trainedBetas);
  }

  /**
   * Reads a {@code scheduler_config.json} of a DDPM or DDIM scheduler.
   *
   * @throws org.hspace.nativelib.HspaceException naming file, key, value and what is allowed
   */
  public static SchedulerConfig load(Path file) {
    JsonFile json = JsonFile.read(file);
    SchedulerConfig d = DEFAULT;
    String type = json.choice("_class_name", "DDPMScheduler", CLASSES);
    List<Double> trained = json.numbers("trained_betas");
    int train = json.integer("num_train_timesteps", d.numTrainTimesteps, 1, 1_000_000);
    if (trained != null && trained.size() != train) {
      throw json.error(
          "trained_betas",
          "num_train_timesteps = " + train + " values",
          trained.size() + " values");
    }
    SchedulerConfig config =
        new SchedulerConfig(
            train,
            json.choice(
                "beta_schedule",
                d.betaSchedule,
                Set.of("linear", "scaled_linear", "squaredcos_cap_v2")),
            json.number("beta_start", d.betaStart, 0, 1),
            json.number("beta_end", d.betaEnd, 0, 1),
            trained,
            json.flag("set_alpha_to_one", d.setAlphaToOne),
            json.integer("steps_offset", d.stepsOffset, 0, train - 1),
            json.choice(
                "timestep_spacing", d.timestepSpacing, Set.of("leading", "trailing", "linspace")),
            json.choice(
                "prediction_type", d.predictionType, Set.of("epsilon", "v_prediction", "sample")),
            json.flag("rescale_betas_zero_snr", d.rescaleBetasZeroSnr),
            clipping(json, type.equals("DDPMScheduler")),
            varianceType(json, type));
    if (config.rescaleBetasZeroSnr && config.predictionType.equals("epsilon")) {
      throw json.error(
          "rescale_betas_zero_snr",
          "false with prediction_type epsilon (x_0 cannot be had from ε where ᾱ = 0)",
          "true");
    }
    return config;
  }

  private static Clipping clipping(JsonFile json, boolean posterior) {
    boolean clamp = json.flag("clip_sample", true);
    double range = json.number("clip_sample_range", 1, 0, Float.MAX_VALUE);
    double ratio = json.number("dynamic_thresholding_ratio", 0.995, 0, 1);
    double maximum = json.number("sample_max_value", 1, 0, Float.MAX_VALUE);
    if (json.flag("thresholding", false)) return Clipping.dynamic(ratio, maximum, posterior);
    if (!clamp) return null;
    if (range == 0) throw json.error("clip_sample_range", "a number above 0", range);
    return Clipping.clamp(range, posterior);
  }

  private static String varianceType(JsonFile json, String type) {
    String variance = json.text("variance_type", "fixed_small");
    boolean posterior = variance.equals("fixed_small") || variance.equals("fixed_small_log");
    return posterior || type.equals("DDIMScheduler") ? null : variance;
  }

  /**
   * sha256 of {@link #canonicalJson}, in hexadecimal: how files say which noise schedule they were
   * made with.
   */
  public String hash() {
    return Hashes.sha256(canonicalJson());
  }

  /**
   * The schedule as one JSON object, the same text for the same schedule in any language: the
   * fields above under diffusers' names, sorted by name, without blanks; numbers as decimals
   * without exponent, of the fewest digits that read back as the same double. Where there are
   * {@code trained_betas} they stand in place of {@code beta_schedule}, {@code beta_start} and
   * {@code beta_end}, which then mean nothing.
   *
   * <p>{@link #DEFAULT} is <code>
   * {"beta_end":0.02,"beta_schedule":"linear","beta_start":0.0001,"num_train_timesteps":1000,
   * "prediction_type":"epsilon","rescale_betas_zero_snr":false,"set_alpha_to_one":true,
   * "steps_offset":0,"timestep_spacing":"leading"}</code>, in one line.
   */
  public String canonicalJson() {
    Map<String, String> fields = new TreeMap<>();
    fields.put("num_train_timesteps", "" + numTrainTimesteps);
    fields.put("prediction_type", quoted(predictionType));
    fields.put("rescale_betas_zero_snr", "" + rescaleBetasZeroSnr);
    fields.put("set_alpha_to_one", "" + setAlphaToOne);
    fields.put("steps_offset", "" + stepsOffset);
    fields.put("timestep_spacing", quoted(timestepSpacing));
    if (trainedBetas == null) {
      fields.put("beta_schedule", quoted(betaSchedule));
      fields.put("beta_start", decimal(betaStart));
      fields.put("beta_end", decimal(betaEnd));
    } else {
      fields.put(
          "trained_betas",
          trainedBetas.stream()
              .map(SchedulerConfig::decimal)
              .collect(Collectors.joining(",", "[", "]")));
    }
    return fields.entrySet().stream()
        .map(field -> quoted(field.getKey()) + ":" + field.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }

  /**
   * What the configuration asks for that sampling does not do, one sentence each.
   *
   * @param clipped whether predictions are clipped
   */
  public List<String> notApplied(boolean clipped) {
    List<String> remarks = new ArrayList<>();
    if (clipping != null && !clipped) {
      remarks.add(clipping.describe() + " is not applied (--clip applies it)");
    }
    if (varianceType != null) {
      remarks.add("variance_type " + varianceType + " is not applied (the noise of a step is η's)");
    }
    return remarks;
  }

  private static String quoted(String text) {
    return new JsonPrimitive(text).toString();
  }

  /** 1.0E-4 is 0.0001, 1.0 is 1. */
  private static String decimal(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}
