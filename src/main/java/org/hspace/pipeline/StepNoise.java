package org.hspace.pipeline;

import com.google.gson.annotations.SerializedName;
import java.util.Locale;
import org.hspace.HspaceException;

/** How the noise z of a trajectory's steps comes from its seed; x_T is the same in either case. */
public enum StepNoise {
  /**
   * Increments of one Brownian path a seed: a coarse step's noise is the weighted sum of the finer
   * steps', so that a seed shows much the same at any number of steps.
   */
  @SerializedName("brownian")
  BROWNIAN,
  /** A draw of its own for each step: a seed is another image at another number of steps. */
  @SerializedName("steps")
  STEPS;

  /** The name in options and files: {@code brownian} or {@code steps}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The noise with the given {@link #id}.
   *
   * @throws HspaceException naming the allowed values
   */
  public static StepNoise parse(String id) {
    for (StepNoise noise : values()) {
      if (noise.id().equals(id)) return noise;
    }
    throw new HspaceException("noise: expected brownian or steps, found '" + id + "'");
  }
}
