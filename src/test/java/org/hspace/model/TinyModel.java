package org.hspace.model;

import java.nio.file.Path;
import org.hspace.nativelib.NativeLibrary;

/** The tiny trained pipeline of the tests: 16 x 16 pixels, h (16, 4, 4). */
public final class TinyModel {
  public static final Path GOLDEN = Path.of("src/test/resources/golden");
  public static final Path DIRECTORY = GOLDEN.resolve("tiny-pipeline");

  private TinyModel() {}

  /**
   * Opened in the given precision, to be closed by the caller; its layers are too small for a
   * second thread.
   */
  public static Model open(DType dtype) {
    NativeLibrary.load(1);
    return Model.open(DIRECTORY, ModelOptions.DEFAULT.withDType(dtype));
  }
}
