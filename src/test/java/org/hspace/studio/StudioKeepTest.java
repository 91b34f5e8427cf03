package org.hspace.studio;

import static org.hspace.studio.StudioApiTest.distance;
import static org.hspace.studio.StudioApiTest.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import org.hspace.directions.LocalEdits;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.io.Shell;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found on a picture, and what is kept of it. */
final class StudioKeepTest extends StudioTest {
  private static final int SIDE = 16;

  private static String edits(String direction, double strength) {
    return "\"edits\": [{\"direction\": \"" + direction + "\", \"strength\": " + strength + "}]";
  }

  private int[][] shown(String session, String... columns) {
    String asked =
        "{\"columns\": [{" + String.join("}, {", columns) + "}], \"quality\": \"preview\"}";
    return client.post("/api/sessions/" + session + "/pictures", asked).pictures();
  }

  /** White in a rectangle of the upper left corner, black elsewhere. */
  private static byte[] mask(int width, int height, int side) {
    float[] values = new float[3 * side * side];
    Arrays.fill(values, -1);
    for (int i = 0; i < values.length; i++)
      if (i % side < width && i / side % side < height) values[i] = 1;
    return ImageFile.png(new RgbImage(side, side, values));
  }

  @Test
  void aMaskGivesDirectionsThatShowThemselvesAtTheirSuggestedStrength() {
    String session = client.session(2);
    String path = "/api/sessions/" + session + "/directions";
    JsonArray found = client.post(path, mask(8, 8, SIDE)).json().getAsJsonArray("directions");
    assertFalse(found.isEmpty());
    for (JsonElement each : found) {
      JsonObject direction = each.getAsJsonObject();
      String id = direction.get("id").getAsString();
      double suggested = direction.get("suggested").getAsDouble();
      assertTrue(suggested > 0, direction.toString());
      if (direction.get("converged").getAsBoolean())
        assertTrue(direction.get("residual").getAsDouble() <= LocalEdits.TOLERANCE, id);
      double share = direction.get("inside").getAsDouble();
      assertTrue(share > 0 && share <= 1, direction.toString());
      int[][] both = shown(session, "\"edits\": []", edits(id, suggested), edits(id, -suggested));
      assertTrue(distance(both[0], both[1]) > 4 && distance(both[0], both[2]) > 4, id);
    }
    JsonObject whole =
        client.post(path, new byte[0]).json().getAsJsonArray("directions").get(0).getAsJsonObject();
    assertTrue(whole.get("id").getAsString().startsWith("found:1:"), whole.toString());
    assertFalse(whole.has("inside"), "there is no outside");
    refused(400, client.post(path, mask(0, 0, SIDE)), "the mask", "at least one pixel inside");
    refused(400, client.post(path, mask(2, 2, 8)), "the mask", "16 x 16");
    refused(400, client.post(path, new byte[] {1}), "the mask");
    String other = "{\"columns\": [{" + edits("found:0:x", 1) + "}]}";
    refused(400, client.post("/api/sessions/" + client.session(2) + "/pictures", other), "again");
  }

  /** By the pictures themselves: most of the squared change is where the mask is. */
  @Test
  void theShareInsideIsWhatThePictureShows() {
    String session = client.session(2);
    JsonObject direction =
        client
            .post("/api/sessions/" + session + "/directions", mask(8, 8, SIDE))
            .json()
            .getAsJsonArray("directions")
            .get(0)
            .getAsJsonObject();
    String id = direction.get("id").getAsString();
    int[][] both = shown(session, "\"edits\": []", edits(id, 1));
    double inside = 0;
    double all = 0;
    for (int i = 0; i < both[0].length; i++) {
      for (int shift = 0; shift <= 16; shift += 8) {
        int change = (both[0][i] >> shift & 0xff) - (both[1][i] >> shift & 0xff);
        all += change * change;
        if (i % SIDE < 8 && i / SIDE < 8) inside += change * change;
      }
    }
    assertEquals(inside / all, direction.get("inside").getAsDouble(), 0.1);
  }

  @Test
  void aSavedEditIsADirectionWhoseStrengthOneItIs() throws IOException {
    saveComponents("found.safetensors");
    String session = client.session(2);
    JsonObject own =
        client
            .post("/api/sessions/" + session + "/directions", mask(8, 8, SIDE))
            .json()
            .getAsJsonArray("directions")
            .get(0)
            .getAsJsonObject();
    String first =
        "{\"direction\": \"workspace:found.safetensors:pc0\", \"strength\": 1.5, \"to\": 0.5}";
    String second =
        "{\"direction\": \"%s\", \"strength\": %s, \"to\": 0.5}"
            .formatted(own.get("id").getAsString(), own.get("suggested"));
    String edit = "\"edits\": [" + second + "," + first + "]";
    String path = "/api/sessions/" + session + "/save";
    String saved =
        client
            .post(path, "{\"name\": \"my smile\", " + edit + "}")
            .json()
            .get("direction")
            .getAsString();
    assertEquals("workspace:my smile.safetensors:my smile", saved);
    String asked = "{\"columns\": [{" + edit + "}, {" + edits(saved, 1) + "}, {\"edits\": []}]}";
    int[][] same = client.post("/api/sessions/" + session + "/pictures", asked).pictures();
    assertTrue(distance(same[0], same[1]) <= 1, "by " + distance(same[0], same[1]));
    assertTrue(distance(same[0], same[2]) > 4);
    refused(400, client.post(path, "{\"name\": \"my smile\", " + edit + "}"), "already");
    String again = "{\"name\": \"my smile\", \"replace\": true, " + edits(saved, 2) + "}";
    assertEquals(200, client.post(path, again).status());
    int[][] twice = shown(session, edits(saved, 0.5), edits(saved, 1));
    assertTrue(distance(twice[0], twice[1]) > 2);
    end();
    model = org.hspace.pipeline.TinyModel.open(org.hspace.pipeline.DType.FLOAT32);
    start(); // what was saved is there after the server has ended
    assertTrue(client.get("/api/directions").text().contains(saved));
    assertEquals(2, shown(client.session(2), edits(saved, 1), "\"edits\": []").length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../out", "a/b", ".hidden", "a:b", "a=1", "a,b", " a", "a ", "\\\\out"})
  void aNameLeadsNowhereElse(String name) throws IOException {
    saveComponents("found.safetensors");
    String edit = edits("workspace:found.safetensors:pc0", 1);
    String path = "/api/sessions/" + client.session(2) + "/save";
    refused(400, client.post(path, "{\"name\": \"" + name + "\", " + edit + "}"), "name");
    try (var files = Files.walk(temporary)) {
      assertEquals(1, files.filter(Files::isRegularFile).count());
    }
  }

  @Test
  void aScriptSaysWhatTheSessionShows() throws IOException {
    saveComponents("found.safetensors");
    String path = "/api/sessions/" + client.session(2) + "/script";
    String edit =
        "{\"edits\": [{\"direction\": \"workspace:found.safetensors:pc0\", \"strength\": -2,"
            + " \"from\": 0.25}], \"asymmetric\": true}";
    JsonObject script = client.post(path, edit).json();
    String direction = "'" + workspace.resolve("found.safetensors") + ":pc0=-2'";
    assertEquals(
        "hspace edit --seeds 2 --steps 6 --eta 0.0 --direction "
            + direction
            + " --window 0.25-1.0 --asymmetric --out edited.png --model "
            + org.hspace.pipeline.TinyModel.DIRECTORY
            + "\n",
        script.get("commands").getAsString());
    String java = script.get("java").getAsString();
    for (String part :
        new String[] {"new long[] {2L}", "withSteps(6)", "new Window(0.25, 1)", "Asymmetric(true)"})
      assertTrue(java.contains(part), java);
    JsonObject local =
        client.post(path, edit.replace("\"asymmetric\": true", "\"local\": true")).json();
    assertTrue(local.get("commands").getAsString().contains(" --relax 1 --keep-background --out"));
    assertTrue(local.get("java").getAsString().contains(".withLocality(Locality.OF_PICTURES)"));
    refused(400, client.post(path, "{" + edits("found:0:0@1", 1) + "}"), "save the edit first");
    assertEquals("'it'\\''s'", Shell.quoted("it's"));
  }
}
