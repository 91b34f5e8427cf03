package org.hspace.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A safetensors file, as directions and as a trajectory. */
class TensorFileFuzzTest {
  /** In the inputs' provenance it stands for the hash of whatever the tiny model is. */
  private static final String ANY_HASH = "0".repeat(64);

  private static Model model;

  @BeforeAll
  static void open() {
    model = TinyModel.open(DType.FLOAT32);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @FuzzTest(maxDuration = "4s")
  void tensorFiles(byte[] data) {
    String text = new String(data, StandardCharsets.ISO_8859_1).replace(ANY_HASH, model.hash());
    Path file = Refusal.file(".safetensors", text.getBytes(StandardCharsets.ISO_8859_1));
    Refusal.orTaken(() -> DirectionSet.open(file, model).close());
    Refusal.orTaken(() -> Trajectory.open(file, model).close());
  }
}
