package org.hspace.studio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.hspace.app.Subject;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;
import org.junit.jupiter.api.Test;

/** The studio's interface, through HTTP. */
final class StudioApiTest extends StudioTest {
  private static final String NOTHING = "{\"columns\": [{\"edits\": []}], \"quality\": \"full\"}";

  private static String edit(String direction, double strength) {
    return "{\"edits\": [{\"direction\": \"" + direction + "\", \"strength\": " + strength + "}]}";
  }

  @Test
  void theDescriptionNamesEveryRouteAndNoOther() {
    JsonObject paths = client.get("/openapi.json").json().getAsJsonObject("paths");
    Set<String> described = new TreeSet<>();
    for (String path : paths.keySet())
      for (String method : paths.getAsJsonObject(path).keySet())
        described.add(method.toUpperCase(Locale.ROOT) + " " + path);
    Set<String> served =
        studio.routes().stream()
            .map(route -> route.method().name() + " " + route.path())
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(served, described);
  }

  @Test
  void thePageComesWithAllThatItImports() {
    Client.Answer page = client.get("/");
    assertEquals(200, page.status());
    assertTrue(page.type().startsWith("text/html"), page.type());
    Set<String> wanted = new TreeSet<>();
    collect(page.text(), "(?:src|href)=\"/page/([^\"]+)\"", wanted);
    for (String module : Set.copyOf(wanted)) follow(module, wanted);
    assertTrue(wanted.contains("main.js") && wanted.contains("htm-preact.js"), wanted.toString());
    for (String file : wanted) {
      Client.Answer answer = client.get("/page/" + file);
      assertEquals(200, answer.status(), file);
      if (file.endsWith(".js")) assertTrue(answer.type().startsWith("text/javascript"), file);
    }
  }

  private void follow(String module, Set<String> wanted) {
    if (!module.endsWith(".js")) return;
    Set<String> imported = new TreeSet<>();
    collect(client.get("/page/" + module).text(), "from \"\\./([^\"]+)\"", imported);
    for (String each : imported) if (wanted.add(each)) follow(each, wanted);
  }

  private static void collect(String text, String pattern, Set<String> into) {
    java.util.regex.Pattern.compile(pattern)
        .matcher(text)
        .results()
        .forEach(found -> into.add(found.group(1)));
  }

  @Test
  void anUneditedSessionShowsItsSeedsSample() {
    int[][] shown =
        client.post("/api/sessions/" + client.session(5) + "/pictures", NOTHING).pictures();
    SamplingOptions options = SamplingOptions.DEFAULT.withSteps(STEPS).withEta(EtaSchedule.DDIM);
    try (Trajectory sampled = new Sampler(model).sample(new long[] {5}, options, Progress.NONE)) {
      RgbImage expected = RgbImage.of(sampled.x0(), 0).quantized();
      assertClose(expected, shown[0]);
    }
    int[][] seeds = client.get("/api/samples?seeds=4-6").pictures();
    assertEquals(3, seeds.length);
    String preview = NOTHING.replace("full", "preview");
    int[][] quick =
        client.post("/api/sessions/" + client.session(5) + "/pictures", preview).pictures();
    assertTrue(distance(seeds[1], quick[0]) <= 1, "the sheet shows what the session shows");
    assertTrue(distance(seeds[1], seeds[0]) > 10, "seeds differ");
  }

  @Test
  void directionsOfTheWorkspaceMoveThePictureBothWays() throws IOException {
    saveComponents("found.safetensors");
    Files.writeString(workspace.resolve("other.safetensors"), "no directions");
    JsonObject first =
        client.get("/api/directions").json().getAsJsonArray("directions").get(0).getAsJsonObject();
    String id = first.get("id").getAsString();
    assertEquals("workspace:found.safetensors:pc0", id);
    assertEquals("pc0", first.get("name").getAsString());
    assertTrue(first.get("suggested").getAsDouble() > 0);
    String asked = "{\"columns\": [" + edit(id, -2) + "," + edit(id, 0) + "," + edit(id, 2) + "]}";
    int[][] shown =
        client.post("/api/sessions/" + client.session(1) + "/pictures", asked).pictures();
    int[][] plain =
        client.post("/api/sessions/" + client.session(1) + "/pictures", NOTHING).pictures();
    assertEquals(3, shown.length);
    assertTrue(distance(shown[1], plain[0]) <= 1);
    assertTrue(distance(shown[0], shown[1]) > 2 && distance(shown[2], shown[1]) > 2);
    assertTrue(distance(shown[0], shown[2]) > 2);
  }

  @Test
  void anEditOutsideOfItsWindowDoesNothing() throws IOException {
    saveComponents("found.safetensors");
    String term = edit("workspace:found.safetensors:pc0", 3);
    String never = term.replace("}]}", ", \"from\": 0.5, \"to\": 0.5}]}");
    String early = term.replace("}]}", ", \"from\": 0, \"to\": 0.5}]}");
    int[][] shown =
        client
            .post(
                "/api/sessions/" + client.session(1) + "/pictures",
                "{\"columns\": [{\"edits\": []}," + never + "," + early + "," + term + "]}")
            .pictures();
    assertTrue(distance(shown[0], shown[1]) <= 1);
    assertTrue(distance(shown[0], shown[2]) > 2 && distance(shown[3], shown[2]) > 2);
  }

  @Test
  void aPhotographComesBackAsItWasBrought() throws IOException {
    float[] values = new float[3 * 24 * 16];
    for (int i = 0; i < values.length; i++) values[i] = (float) Math.sin(i * .05);
    byte[] png = ImageFile.png(new RgbImage(24, 16, values));
    String photo = client.post("/api/photos?fit=stretch", png).json().get("photo").getAsString();
    int[][] kept = client.get("/api/photos/" + photo).pictures();
    assertEquals(16 * 16, kept[0].length);
    assertTrue(Files.isRegularFile(workspace.resolve("photos/" + photo + ".png")));
    for (String eta : new String[] {"0", "1"}) {
      JsonObject session =
          client
              .post("/api/sessions", "{\"photo\": \"" + photo + "\", \"eta\": " + eta + "}")
              .json();
      assertTrue(
          session.get("exact").getAsBoolean() || session.get("psnr").getAsDouble() > 35,
          session.toString());
      assertEquals(
          session.get("unlikeness").getAsDouble() > 1.6, session.get("unlike").getAsBoolean());
      for (String quality : new String[] {"full", "preview"}) {
        int[][] shown =
            client
                .post(
                    "/api/sessions/" + session.get("session").getAsString() + "/pictures",
                    NOTHING.replace("full", quality))
                .pictures();
        assertTrue(distance(kept[0], shown[0]) < 6, quality + " at eta " + eta);
      }
    }
    assertTrue(client.post("/api/photos?fit=wide", png).error().contains("crop, stretch or pad"));
  }

  /** What a picture is beyond the edit's region stays as it was brought. */
  @Test
  void aLocalEditOfAPhotographLeavesTheRestAlone() throws IOException {
    saveComponents("found.safetensors");
    float[] values = new float[3 * 16 * 16];
    for (int i = 0; i < values.length; i++) values[i] = (float) Math.sin(i * .05);
    byte[] png = ImageFile.png(new RgbImage(16, 16, values));
    String photo = client.post("/api/photos", png).json().get("photo").getAsString();
    int[] kept = client.get("/api/photos/" + photo).pictures()[0];
    String session =
        client
            .post("/api/sessions", "{\"photo\": \"" + photo + "\"}")
            .json()
            .get("session")
            .getAsString();
    String asked =
        "{\"columns\": [" + edit("workspace:found.safetensors:pc0", 3) + "], \"local\": %s}";
    int[] counts = new int[2];
    for (int local = 0; local < 2; local++) {
      int[] shown =
          client.post("/api/sessions/" + session + "/pictures", asked.formatted(local == 1))
              .pictures()[0];

      for (int i = 0; i < shown.length; i++)
        if (distance(new int[] {kept[i]}, new int[] {shown[i]}) <= 1) counts[local]++;
    }
    assertTrue(counts[1] > counts[0] + 10, counts[1] + " and " + counts[0] + " pixels");
  }

  @Test
  void whatIsAskedWronglyIsSaidInOneSentence() {
    String session = "/api/sessions/" + client.session(1) + "/pictures";
    refused(400, client.post(session, "{"), "expected JSON");
    refused(400, client.post(session, "{}"), "columns", "a list of objects");
    refused(400, client.post(session, "{\"columns\": []}"), "columns", "1 to 64");
    refused(400, client.post(session, "{\"columns\": [" + edit("smile", 1) + "]}"), "smile");
    refused(
        400,
        client.post(session, "{\"columns\": [{\"edits\": [{\"direction\": \"a\"}]}]}"),
        "strength",
        "a number");
    refused(
        400,
        client.post(session, NOTHING.replace("full", "best")),
        "quality",
        "one of preview, full");
    refused(400, client.post("/api/sessions", "{}"), "seed");
    refused(400, client.post("/api/sessions", "{\"seed\": -1}"), "seed");
    refused(400, client.get("/api/samples"), "seeds");
    refused(400, client.get("/api/samples?seeds=0-64"), "at most 64");
    refused(404, client.post("/api/sessions/0123456789abcdef/pictures", NOTHING), "no longer kept");
    refused(404, client.get("/api/nothing"), "nothing of that name");
    String large = "{\"seed\": 1, \"x\": \"" + "x".repeat(Answers.MOST_JSON) + "\"}";
    refused(413, client.post("/api/sessions", large), "larger");
  }

  static void refused(int status, Client.Answer answer, String... parts) {
    assertEquals(status, answer.status(), answer.text());
    assertEquals(1, answer.error().lines().count(), answer.error());
    for (String part : parts) assertTrue(answer.error().contains(part), answer.error());
  }

  @Test
  void aSessionThatWasEndedIsGone() {
    String id = client.session(1);
    assertEquals(200, client.delete("/api/sessions/" + id).status());
    refused(404, client.post("/api/sessions/" + id + "/pictures", NOTHING), "no longer kept");
    refused(404, client.delete("/api/sessions/" + id), "no longer kept");
  }

  @Test
  void theSessionThatWasUsedLongestAgoMakesRoom() {
    String first = client.session(0);
    String second = client.session(1);
    for (int i = 2; i < Sessions.MOST; i++) client.session(i);
    assertEquals(200, client.post("/api/sessions/" + first + "/pictures", NOTHING).status());
    client.session(Sessions.MOST);
    assertEquals(200, client.post("/api/sessions/" + first + "/pictures", NOTHING).status());
    refused(404, client.post("/api/sessions/" + second + "/pictures", NOTHING), "no longer kept");
  }

  @Test
  void aPreviewIsOfFewStepsUnlessNoiseIsAddedOnTheWay() {
    SamplingOptions quiet = SamplingOptions.DEFAULT.withSteps(6).withEta(EtaSchedule.DDIM);
    assertEquals(3, Subject.preview(quiet, 3).steps());
    assertEquals(6, Subject.preview(quiet, 9).steps());
    assertEquals(6, Subject.preview(quiet.withEta(EtaSchedule.DDPM), 3).steps());
    assertFalse(Arrays.equals(new int[0], client.get("/api/samples?seeds=1").pictures()[0]));
  }

  /** Of a picture whose values are rounded once more, a level may tip. */
  private static void assertClose(RgbImage expected, int[] shown) {
    int[] pixels = new int[shown.length];
    for (int i = 0; i < pixels.length; i++)
      for (int channel = 0; channel < 3; channel++)
        pixels[i] =
            pixels[i] << 8
                | Math.round((expected.values()[channel * pixels.length + i] + 1) * 127.5f);
    assertArrayEquals(new int[] {pixels.length}, new int[] {shown.length});
    assertTrue(distance(pixels, shown) <= 1, "by " + distance(pixels, shown));
  }

  /** The largest difference of a channel, in levels of eight bits. */
  static int distance(int[] a, int[] b) {
    int most = 0;
    for (int i = 0; i < a.length; i++)
      for (int shift = 0; shift <= 16; shift += 8)
        most = Math.max(most, Math.abs((a[i] >> shift & 0xff) - (b[i] >> shift & 0xff)));
    return most;
  }
}
