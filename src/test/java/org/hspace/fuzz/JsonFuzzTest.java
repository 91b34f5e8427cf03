package org.hspace.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.evaluate.MeasuredEffects;
import org.hspace.image.MaskFile;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.pipeline.NoiseSchedule;
import org.hspace.pipeline.Provenance;
import org.hspace.pipeline.SchedulerConfig;
import org.junit.jupiter.api.BeforeAll;

/** JSON, as each of the things that are written in it. */
class JsonFuzzTest {
  @BeforeAll
  static void load() {
    NativeLibrary.load();
  }

  @FuzzTest(maxDuration = "4s")
  void json(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    Refusal.orTaken(() -> Provenance.parse(text, "provenance"));
    Path file = Refusal.file(".json", data);
    Refusal.orTaken(() -> MeasuredEffects.open(file));
    Refusal.orTaken(() -> NoiseSchedule.of(SchedulerConfig.load(file)));
    try (PointerScope scope = new PointerScope()) {
      Refusal.orTaken(() -> MaskFile.read(file + ":mouth", 4, 4));
    }
  }
}
