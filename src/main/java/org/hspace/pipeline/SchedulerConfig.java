package org.hspace.pipeline;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.DoubleVectorOptional;
import org.bytedeco.pytorch.StringOptional;
import org.hspace.nativelib.HspaceNative;
import org.hspace.nativelib.NativeValue;
import org.hspace.nativelib.Utf8;

/**
 * The part of a diffusers {@code scheduler_config.json} that determines the noise schedule, with
 * diffusers' defaults.
 *
 * <p>Predictions are only clipped where that is asked for, and {@code variance_type} is not
 * applied: the noise of a step is η's.
 */
public final class SchedulerConfig extends NativeValue<HspaceNative.SchedulerConfig> {
  SchedulerConfig(Supplier<HspaceNative.SchedulerConfig> call) {
    super(call);
  }

  /**
   * Reads a {@code scheduler_config.json} of a DDPM or DDIM scheduler.
   *
   * @throws org.hspace.HspaceException naming file, key, value and what is allowed
   */
  public static SchedulerConfig load(Path file) {
    return new SchedulerConfig(
        () -> HspaceNative.SchedulerConfig.load(Utf8.bytes(file.toString())));
  }

  /** Training timesteps N. */
  public int numTrainTimesteps() {
    return Math.toIntExact(read(HspaceNative.SchedulerConfig::numTrainTimesteps));
  }

  /**
   * {@code linear}, {@code scaled_linear}, {@code squaredcos_cap_v2}, {@code sigmoid} or {@code
   * exp}.
   */
  public String betaSchedule() {
    return text(HspaceNative.SchedulerConfig::betaSchedule);
  }

  /** First β. */
  public double betaStart() {
    return read(HspaceNative.SchedulerConfig::betaStart);
  }

  /** Last β. */
  public double betaEnd() {
    return read(HspaceNative.SchedulerConfig::betaEnd);
  }

  /** All N β, or null where they come from the schedule. */
  public List<Double> trainedBetas() {
    return read(
        config -> {
          DoubleVectorOptional betas = config.trainedBetas();
          return betas.has_value() ? Arrays.stream(betas.get().get()).boxed().toList() : null;
        });
  }

  /** Whether ᾱ at the end of the last step is 1, or ᾱ_0. */
  public boolean setAlphaToOne() {
    return read(HspaceNative.SchedulerConfig::setAlphaToOne);
  }

  /** Added to every timestep of the spacing "leading". */
  public int stepsOffset() {
    return Math.toIntExact(read(HspaceNative.SchedulerConfig::stepsOffset));
  }

  /** {@code leading}, {@code trailing} or {@code linspace}. */
  public String timestepSpacing() {
    return text(HspaceNative.SchedulerConfig::timestepSpacing);
  }

  /** {@code epsilon}, {@code v_prediction} or {@code sample}. */
  public String predictionType() {
    return text(HspaceNative.SchedulerConfig::predictionType);
  }

  /** Whether the β are rescaled so that ᾱ of the last training timestep is 0. */
  public boolean rescaleBetasZeroSnr() {
    return read(HspaceNative.SchedulerConfig::rescaleBetasZeroSnr);
  }

  /**
   * What {@code clip_sample} or {@code thresholding} ask for; null for nothing. No part of the
   * noise schedule, nor of its hash.
   */
  public Clipping clipping() {
    return read(
        config -> {
          HspaceNative.ClippingOptional asked = config.clipping();
          if (!asked.hasValue()) return null;
          HspaceNative.Clipping clipping = asked.value();
          return new Clipping(
              number(clipping.range()),
              number(clipping.ratio()),
              number(clipping.maximum()),
              clipping.posterior());
        });
  }

  private static Double number(DoubleOptional number) {
    return number.has_value() ? number.get() : null;
  }

  /**
   * Where it says another variance than η = 1 has: {@code fixed_large}, {@code learned} ...; else
   * null.
   */
  public String varianceType() {
    return read(
        config -> {
          StringOptional type = config.varianceType();
          return type.has_value() ? Utf8.string(type.get()) : null;
        });
  }

  /**
   * sha256 of {@link #canonicalJson}, in hexadecimal: how files say which noise schedule they were
   * made with.
   */
  public String hash() {
    return text(HspaceNative.SchedulerConfig::hash);
  }

  /**
   * The schedule as one JSON object, the same text for the same schedule in any language: the
   * fields above but clipping and variance under diffusers' names, sorted by name, without blanks;
   * numbers as decimals without exponent, of the fewest digits that read back as the same double.
   * Where there are {@code trained_betas} they stand in place of {@code beta_schedule}, {@code
   * beta_start} and {@code beta_end}, which then mean nothing.
   */
  public String canonicalJson() {
    return text(HspaceNative.SchedulerConfig::canonicalJson);
  }

  /**
   * What the configuration asks for that sampling does not do, one sentence each.
   *
   * @param clipped whether predictions are clipped
   */
  public List<String> notApplied(boolean clipped) {
    return read(config -> List.copyOf(Utf8.strings(config.notApplied(clipped))));
  }

  private String text(Function<HspaceNative.SchedulerConfig, BytePointer> getter) {
    return read(config -> Utf8.string(getter.apply(config)));
  }
}
