package org.hspace.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import org.hspace.directions.Annotations;
import org.hspace.directions.ImagePair;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.TinyModel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A CSV table, as pairs of pictures and as annotations. */
class TableFuzzTest {
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
  void tables(byte[] data) {
    Path file = Refusal.file(".csv", data);
    Refusal.orTaken(() -> ImagePair.table(file));
    Refusal.orTaken(() -> Annotations.open(file, model));
  }
}
