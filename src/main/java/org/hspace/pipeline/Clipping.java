package org.hspace.pipeline;

import com.google.gson.annotations.SerializedName;

/**
 * What a scheduler does to the predicted x_0 of each step, so that errors of the network do not
 * lead out of the range of images: a clamp to [-range, range], or dynamic thresholding (Saharia et
 * al. 2022, section 2.3). A clipped step can neither be inverted nor differentiated.
 *
 * @param range of the clamp; null with dynamic thresholding
 * @param ratio quantile of |x_0| of an image that its values are clamped to and divided by; null
 *     with a clamp
 * @param maximum largest such quantile; the least is 1; null with a clamp
 * @param posterior whether a step of η = 1 goes on with the ε that belongs to the clipped x_0, as
 *     DDPMScheduler's posterior mean does; every other step keeps the network's own ε, as
 *     DDIMScheduler does
 */
public record Clipping(
    @SerializedName("clip_sample_range") Double range,
    @SerializedName("dynamic_thresholding_ratio") Double ratio,
    @SerializedName("sample_max_value") Double maximum,
    boolean posterior) {}
