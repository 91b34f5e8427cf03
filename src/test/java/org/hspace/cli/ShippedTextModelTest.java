package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The shipped model that reads texts does what its card says, by its classifier. */
class ShippedTextModelTest {
  private static final String MODEL = "models/avatars-text";

  @TempDir Path folder;

  private JsonObject run(String command, String... last) throws IOException {
    Path figures = folder.resolve("figures.json");
    String[] arguments =
        (command + " --steps 10 --model " + MODEL + " --json " + figures).split(" ");
    String[] all = new String[arguments.length + last.length];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    System.arraycopy(last, 0, all, arguments.length, last.length);
    CommandRun run = CommandRun.of(all);
    assertEquals(0, run.code(), run.err());
    return JsonParser.parseString(Files.readString(figures)).getAsJsonObject();
  }

  /** The attribute's mean score over samples of a prompt. */
  private double mean(String attribute, String prompt) throws IOException {
    Path table = folder.resolve(prompt + ".csv");
    return run("annotate --samples 8 --guidance 3", "--out", table.toString(), "--prompt", prompt)
        .getAsJsonObject("attributes")
        .getAsJsonObject(attribute)
        .get("mean")
        .getAsDouble();
  }

  @ParameterizedTest
  @CsvSource({
    "hat, a person without a hat, a person with a hat",
    "glasses, a person without glasses, a person with glasses"
  })
  void promptsDecideWhatIsWorn(String attribute, String without, String with) throws IOException {
    assertTrue(mean(attribute, with) - mean(attribute, without) > 0.5);
  }

  @Test
  void aDirectionFoundWithoutTextsMovesItsAttributeUnderAPrompt() throws IOException {
    JsonObject found =
        run(
            "evaluate --direction smile-only --samples 12 --seed-sets 1 --guidance 3",
            "--prompt",
            "a woman");
    // No prompt decides it, and samples of all prompts differ in it.
    int smile = found.getAsJsonArray("attributes").asList().indexOf(new JsonPrimitive("smile"));
    double effect = found.getAsJsonArray("effect").get(0).getAsJsonArray().get(smile).getAsDouble();
    assertTrue(effect > 0.2, found.toString());
  }
}
