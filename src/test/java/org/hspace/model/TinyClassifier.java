package org.hspace.model;

import java.nio.file.Path;

/**
 * An attribute classifier with random weights; its attributes are yaw, smile, age, glasses and
 * bald.
 */
public final class TinyClassifier {
  public static final Path DIRECTORY = Path.of("native/test/golden/classifiers/basic");

  private TinyClassifier() {}

  /** Opened on the processor, to be closed by the caller. */
  public static Classifier open() {
    return Classifier.open(DIRECTORY, Device.CPU);
  }
}
