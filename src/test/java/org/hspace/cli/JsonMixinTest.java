package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class JsonMixinTest {
  @TempDir Path folder;

  @Command(name = "x")
  private static final class Holder implements Runnable {
    @Mixin private JsonMixin json;

    @Override
    public void run() {
      json.write(
          Map.of(
              "psnr",
              new double[] {30, Double.POSITIVE_INFINITY},
              "rows",
              List.of(Map.of("mean", Double.NaN, "sd", 1.0))));
    }
  }

  @Test
  void nullsAreNamed() throws Exception {
    Path file = folder.resolve("f.json");
    StringWriter err = new StringWriter();
    int code =
        new CommandLine(new Holder())
            .setErr(new PrintWriter(err, true))
            .execute("--json", file.toString());
    assertEquals(0, code, err.toString());
    JsonArray psnr =
        JsonParser.parseString(Files.readString(file)).getAsJsonObject().getAsJsonArray("psnr");
    assertEquals(30, psnr.get(0).getAsDouble());
    assertTrue(psnr.get(1).isJsonNull());
    assertEquals(1, err.toString().lines().count());
    for (String part : List.of("psnr[1] = Infinity", "rows[0].mean = NaN")) {
      assertTrue(err.toString().contains(part), err.toString());
    }
  }
}
