package org.hspace.pipeline;

import java.nio.file.Path;

/**
 * An attribute classifier with random weights; its attributes are yaw, smile, age, glasses and
 * bald.
 */
public final class TinyClassifier {
  public static final Path DIRECTORY = Path.of("native/test/golden/classifiers/basic");

  /**
   * The longest chain of operations that lead to a score: a stem of 7 x 7 x 3 products and twelve
   * convolutions of up to 9 x 16, each followed by four of normalisation and activation, then the
   * pooled pixels and the last layer.
   */
  public static final long OPERATIONS = 147 + 12 * (9 * 16 + 4) + 64 + 16;

  private TinyClassifier() {}

  /** Opened on the processor, to be closed by the caller. */
  public static Classifier open() {
    return Classifier.open(DIRECTORY, Device.CPU);
  }
}
