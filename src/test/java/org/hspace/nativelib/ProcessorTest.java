package org.hspace.nativelib;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.hspace.HspaceException;
import org.junit.jupiter.api.Test;

class ProcessorTest {
  private static final String HASWELL =
      """
      processor\t: 0
      flags\t\t: fpu sse sse2 ssse3 fma cx16 sse4_1 sse4_2 movbe popcnt avx f16c abm bmi1 avx2 bmi2
      """;

  @Test
  void namesWhatIsMissing() {
    assertDoesNotThrow(() -> Processor.check(HASWELL));
    HspaceException error =
        assertThrows(
            HspaceException.class,
            () -> Processor.check(HASWELL.replace(" avx2", "").replace(" fma", "")));
    assertEquals(
        "this processor lacks avx2, fma; needed is x86-64-v3: Intel Haswell (2013), AMD Excavator"
            + " (2015) or newer",
        error.getMessage());
  }

  @Test
  void aListWithoutFlagsIsNoReasonToRefuse() {
    assertDoesNotThrow(() -> Processor.check("processor\t: 0\n"));
  }
}
