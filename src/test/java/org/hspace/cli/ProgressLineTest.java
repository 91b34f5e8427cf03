package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressLineTest {
  @ParameterizedTest
  @ValueSource(ints = {10, 40, 60, 80, 200})
  void aBarFitsTheTerminal(int columns) {
    StringWriter err = new StringWriter();
    ProgressLine line = new ProgressLine(new PrintWriter(err), columns, "sampling", 0);
    line.update(0, 800, "steps");
    line.update(800, 800, "steps");
    line.end();
    String[] painted = err.toString().split("[\\r\\n]+");
    assertTrue(Arrays.stream(painted).allMatch(each -> each.length() < columns), err.toString());
    assertTrue(
        painted[painted.length - 1].startsWith("sampling".substring(0, Math.min(8, columns - 1))));
    assertEquals(columns >= 80, err.toString().contains("[####"), err.toString());
  }

  @Test
  void imagesAreToldInsteadOfTheirSteps() {
    StringWriter err = new StringWriter();
    ProgressLine line = new ProgressLine(new PrintWriter(err), 80, "sampling", 16);
    line.update(800, 800, "steps");
    assertTrue(err.toString().contains("(16 of 16 images)"), err.toString());
  }
}
