package org.hspace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hspace.pipeline.DType;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.TinyModel;
import org.hspace.pipeline.Trajectory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
  private static List<JsonObject> answers(String... requests) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Workloads workloads = new Workloads(TinyModel.open(DType.FLOAT32));
        PrintStream replies = new PrintStream(out, true, StandardCharsets.UTF_8)) {
      String lines = String.join("\n", requests);
      BenchCommand.serve(workloads, new BufferedReader(new StringReader(lines)), replies);
    }
    List<JsonObject> parsed = new ArrayList<>();
    for (String line : out.toString(StandardCharsets.UTF_8).split("\n")) {
      parsed.add(JsonParser.parseString(line).getAsJsonObject());
    }
    return parsed;
  }

  @Test
  void everyLineIsAnsweredAndAFailureDoesNotEndTheService() throws IOException {
    List<JsonObject> answers =
        answers(
            "{\"workload\": \"dance\"}",
            "not JSON",
            "{\"workload\": \"forward\", \"batch\": 2, \"repeat\": 3}");
    assertEquals(3, answers.size());
    assertTrue(answers.get(0).get("error").getAsString().contains("found 'dance'"));
    assertTrue(answers.get(1).has("error"));
    assertFalse(answers.get(2).has("error"));
    assertTrue(answers.get(2).get("seconds").getAsDouble() > 0);
    assertTrue(answers.get(2).get("peak_mb").getAsDouble() > 10);
  }

  @Test
  void savesWhatItSampled(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("samples.safetensors");
    JsonObject answer =
        answers(
                "{\"workload\": \"sample\", \"seeds\": [4, 5], \"steps\": 3, \"eta\": 1, \"save\":"
                    + " \""
                    + file
                    + "\"}")
            .get(0);
    assertFalse(answer.has("error"), answer.toString());
    try (Model model = TinyModel.open(DType.FLOAT32);
        Trajectory saved = Trajectory.open(file, model)) {
      assertEquals(List.of(4L, 5L), saved.provenance().seeds());
      assertTrue(saved.provenance().referenceSeeds());
      assertEquals(3, saved.steps());
    }
  }

  @Test
  void jacobianReportsPairsAndResidual() throws IOException {
    JsonObject answer =
        answers(
                "{\"workload\": \"jacobian\", \"seed\": 7, \"steps\": 3, \"eta\": 1, \"vectors\":"
                    + " 2, \"step_indices\": [1], \"mask\": true}")
            .get(0);
    assertFalse(answer.has("error"), answer.toString());
    assertTrue(answer.get("pairs").getAsLong() > 2);
    assertTrue(answer.get("max_residual").getAsDouble() <= 1e-3);
  }
}
