package org.hspace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** {@code hspace info} of files, a model and the machine. */
class InfoCommandTest extends CommandTest {
  @Test
  void infoTellsWhatThingsAre() throws IOException {
    run("sample --seeds 0-1 --steps 2 --save", file("t.safetensors"), "--json", file("s.json"));
    CommandRun ofFile = CommandRun.of("info", file("t.safetensors"), "--json", file("f.json"));
    assertEquals(0, ofFile.code(), ofFile.err());
    assertEquals("hspace-trajectory", json("f.json").get("format").getAsString());
    assertEquals(
        "F32 [2, 3, 16, 16]", json("f.json").getAsJsonObject("tensors").get("x_0").getAsString());
    run("info --json", file("m.json"));
    assertEquals(
        16,
        json("m.json").getAsJsonObject("h_space_shapes").getAsJsonArray("after").get(0).getAsInt());
    assertEquals(64, json("m.json").get("hash").getAsString().length());
    assertEquals(
        json("m.json").get("hash").getAsString(),
        json("f.json").getAsJsonObject("provenance").get("model_hash").getAsString());
    CommandRun machine = CommandRun.of("info");
    assertTrue(
        machine.out().contains("libtorch: ") && machine.out().contains("devices: [cpu"),
        machine.out());
  }
}
