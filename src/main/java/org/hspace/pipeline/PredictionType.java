package org.hspace.pipeline;

import java.util.Locale;

/** What the network's output is: the noise ε, the velocity v = √ᾱ ε - √(1-ᾱ) x_0, or x_0 itself. */
public enum PredictionType {
  EPSILON,
  V_PREDICTION,
  SAMPLE;

  /** The name in {@code scheduler_config.json}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
