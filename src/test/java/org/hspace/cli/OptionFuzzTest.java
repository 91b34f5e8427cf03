package org.hspace.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.app.Seeds;
import org.hspace.fuzz.Refusal;
import org.hspace.image.MaskFile;
import org.hspace.nativelib.NativeLibrary;
import org.hspace.pipeline.DirectionSpec;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Window;
import org.junit.jupiter.api.BeforeAll;
import picocli.CommandLine;

/** What stands behind an option, and a whole command line. */
class OptionFuzzTest {
  @BeforeAll
  static void load() {
    NativeLibrary.load();
  }

  @FuzzTest(maxDuration = "4s")
  void options(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    Refusal.orTaken(() -> Seeds.parse(text));
    Refusal.orTaken(() -> DirectionSpec.parse(text));
    Refusal.orTaken(() -> EtaSchedule.parse(text).values(50));
    Refusal.orTaken(() -> Window.parse(text));
    try (PointerScope scope = new PointerScope()) {
      Refusal.orTaken(() -> MaskFile.read(text, 4, 4));
    }
    Refusal.orTaken(
        () -> {
          try {
            Main.commandLine().parseArgs(text.split(" "));
          } catch (CommandLine.ParameterException e) {
            // The parser's own refusal; the commands print its message.
          }
        });
  }
}
