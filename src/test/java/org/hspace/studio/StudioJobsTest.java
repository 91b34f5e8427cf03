package org.hspace.studio;

import static org.hspace.studio.StudioApiTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.hspace.app.Checkpoint;
import org.hspace.app.DirectionComparison;
import org.hspace.app.discover.ComponentDiscovery;
import org.hspace.directions.ExampleDirections;
import org.hspace.directions.ExampleOptions;
import org.hspace.directions.GlobalPca;
import org.hspace.directions.PcaRotation;
import org.hspace.nativelib.Machine;
import org.hspace.nativelib.Tensors;
import org.hspace.pipeline.Direction;
import org.hspace.pipeline.DirectionSet;
import org.hspace.pipeline.EtaSchedule;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.ModelOptions;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.TinyClassifier;
import org.hspace.pipeline.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Long work over the model, in the background. */
final class StudioJobsTest extends StudioTest {
  private static final int LONG = 640;

  /** The tiny model, with a classifier where models keep theirs. */
  @Override
  Model openModel() throws IOException {
    Path directory = temporary.resolve("tiny");
    if (!Files.exists(directory)) {
      TinyModel.open(org.hspace.pipeline.DType.FLOAT32).close(); // settles the threads
      TinyModel.copy(TinyModel.DIRECTORY, directory);
      TinyModel.copy(TinyClassifier.DIRECTORY, directory.resolve("classifier"));
    }
    return Model.open(directory, ModelOptions.DEFAULT);
  }

  private static String components(String name, int samples, String rotation) {
    return "{\"kind\": \"components\", \"name\": \"%s\", \"samples\": %d, \"components\": 3, \"steps\": 5, \"rotate\": \"%s\"}"
        .formatted(name, samples, rotation);
  }

  private String begun(String asked) {
    Client.Answer answer = client.post("/api/jobs", asked);
    assertEquals(200, answer.status(), answer.text());
    return answer.json().get("job").getAsString();
  }

  /** The job, once it is as wanted, which it must be before it ends. */
  private JsonObject await(String job, Predicate<JsonObject> wanted) {
    JsonObject found = poll(job, wanted.or(is("failed")).or(is("done")));
    if (!wanted.test(found)) throw new AssertionError(found);
    return found;
  }

  private JsonObject poll(String job, Predicate<JsonObject> wanted) {
    while (true) {
      JsonObject found = client.get("/api/jobs/" + job).json();
      if (wanted.test(found)) return found;
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static Predicate<JsonObject> is(String state) {
    return job -> job.get("state").getAsString().equals(state);
  }

  private Path made(String name) {
    return workspace.resolve(name + ".safetensors");
  }

  /** What a run without interruptions writes. */
  private byte[] uninterrupted(int samples, PcaRotation rotation) throws IOException {
    Path folder = Files.createTempDirectory(temporary, "alone");
    SamplingOptions sampling =
        SamplingOptions.DEFAULT.withSteps(5).withEta(EtaSchedule.DDPM).withRecordH(true);
    ComponentDiscovery discovery = new ComponentDiscovery("alone", samples, 3, rotation, sampling);
    try (DirectionSet found =
        new GlobalPca(model)
            .run(discovery.options(folder).withCheckpoint(null, Duration.ZERO), Progress.NONE)) {
      found.save(discovery.file(folder));
    }
    return Files.readAllBytes(discovery.file(folder));
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "ica"})
  void componentsAreFoundInTheBackground(String rotation) throws IOException {
    String job = begun(components("mine", 40, rotation));
    JsonObject done = await(job, is("done"));
    PcaRotation turned = PcaRotation.valueOf(rotation.toUpperCase(java.util.Locale.ROOT));
    assertArrayEquals(uninterrupted(40, turned), Files.readAllBytes(made("mine")));
    assertFalse(Files.exists(Checkpoint.beside(made("mine"))));
    JsonObject figures = done.getAsJsonObject("figures");
    try (DirectionSet found = DirectionSet.open(made("mine"), model);
        PointerScope scope = new PointerScope()) {
      double[][] ratio = Tensors.rows(found.figures().get("explained_variance_ratio"));
      JsonArray told = figures.getAsJsonArray("mean_explained_variance_ratio");
      for (int k = 0; k < 3; k++) {
        int component = k;
        double mean = Stream.of(ratio).mapToDouble(row -> row[component]).average().orElseThrow();
        assertEquals(mean, told.get(k).getAsDouble(), 1e-12);
      }
      assertEquals(rotation.equals("ica"), figures.has("stability"));
      for (String name : found.names())
        assertTrue(
            client.get("/api/directions").text().contains("workspace:mine.safetensors:" + name));
    }
    String commands = done.get("commands").getAsString();
    assertTrue(commands.startsWith("hspace pca --samples 40 --components 3"), commands);
    assertEquals(rotation.equals("ica"), commands.contains("--rotate ica"), commands);
  }

  @Test
  void aServerGoesOnWhereTheLastOneEnded() throws IOException {
    String job = begun(components("mine", LONG, "none"));
    String next = begun(components("next", 20, "none"));
    await(job, found -> Files.exists(Checkpoint.beside(made("mine"))));
    end();
    assertTrue(Files.exists(Checkpoint.beside(made("mine"))), "it ended in the middle");
    assertFalse(Files.exists(made("mine")));
    model = openModel();
    start();
    JsonObject done = await(job, is("done"));
    assertTrue(done.get("gone_on_from").getAsLong() >= 32, done.toString());
    assertArrayEquals(uninterrupted(LONG, PcaRotation.NONE), Files.readAllBytes(made("mine")));
    await(next, is("done"));
    assertFalse(Files.exists(Checkpoint.beside(made("mine"))));
  }

  @Test
  void whatIsKnownIsShownBeforeItIsDone() throws IOException {
    String job = begun(components("mine", LONG, "ica"));
    JsonObject some = await(job, found -> !found.getAsJsonArray("known").isEmpty());
    assertEquals(1, some.get("version").getAsInt());
    assertEquals("pc0", some.getAsJsonArray("known").get(0).getAsString());
    assertTrue(some.getAsJsonObject("figures").has("mean_explained_variance_ratio"));
    assertEquals("sampling", some.get("stage").getAsString());
    String asked =
        "{\"columns\": [{\"edits\": []}, {\"edits\": [{\"direction\": \"job:%s:pc0\", \"strength\": 3}]}]}"
            .formatted(job);
    int[][] shown =
        client.post("/api/sessions/" + client.session(1) + "/pictures", asked).pictures();
    assertTrue(StudioApiTest.distance(shown[0], shown[1]) > 2);
    client.delete("/api/jobs/" + job);
  }

  @Test
  void whoCancelsMayGoOn() throws IOException {
    String job = begun(components("mine", LONG, "none"));
    await(job, found -> Files.exists(Checkpoint.beside(made("mine"))));
    assertEquals(
        "cancelled",
        client.post("/api/jobs/" + job + "/cancel", "").json().get("state").getAsString());
    refused(400, client.post("/api/jobs", components("mine", 20, "none")), "mine", "already");
    end();
    model = openModel();
    start();
    JsonObject kept = client.get("/api/jobs/" + job).json();
    assertTrue(is("cancelled").test(kept), "another server lets it rest: " + kept);
    assertFalse(Files.exists(made("mine")));
    assertEquals(200, client.post("/api/jobs/" + job + "/resume", "").status());
    assertTrue(await(job, is("done")).get("gone_on_from").getAsLong() >= 32);
    assertArrayEquals(uninterrupted(LONG, PcaRotation.NONE), Files.readAllBytes(made("mine")));
    refused(400, client.post("/api/jobs/" + job + "/resume", ""), "done already");
  }

  @Test
  void whatIsSaidOnTheWayIsStillSaidAtTheEnd() throws IOException {
    String job = begun(components("mine", LONG, "none"));
    Path checkpoint = Checkpoint.beside(made("mine"));
    await(job, found -> Files.exists(checkpoint));
    client.post("/api/jobs/" + job + "/cancel", "");
    end(); // nobody writes the checkpoint any more
    String bytes = Files.readString(checkpoint, StandardCharsets.ISO_8859_1);
    String here = Machine.current();
    String elsewhere = "x".repeat(here.length());
    assertTrue(bytes.contains(here), here);
    Files.writeString(checkpoint, bytes.replace(here, elsewhere), StandardCharsets.ISO_8859_1);
    model = openModel();
    start();
    assertEquals(200, client.post("/api/jobs/" + job + "/resume", "").status());
    JsonArray notes = await(job, is("done")).getAsJsonArray("notes");
    assertEquals(1, notes.size(), notes.toString());
    assertTrue(notes.get(0).getAsString().contains("begun on " + elsewhere), notes.toString());
  }

  @Test
  void nobodyTakesTheNameOfAJobThatIsNotDone() throws IOException {
    saveComponents("found.safetensors");
    String job = begun(components("mine", LONG, "none"));
    String waiting = begun(components("next", 20, "none"));
    String first = "workspace:found.safetensors:pc0";
    String save = "/api/sessions/" + client.session(1) + "/save";
    String edit =
        "{\"name\": \"%s\", \"replace\": %s, \"edits\": [{\"direction\": \""
            + first
            + "\", \"strength\": 1}]}";
    String less =
        "{\"direction\": \"%s\", \"without\": [\"workspace:found.safetensors:pc1\"], \"name\": \"mine\"}"
            .formatted(first);
    await(job, is("running"));
    refused(409, client.post(save, edit.formatted("mine", false)), "name", "not done", "mine");
    refused(409, client.post(save, edit.formatted("NEXT", true)), "name", "not done", "NEXT");
    refused(409, client.post("/api/directions", less), "name", "not done", "mine");
    assertFalse(Files.exists(made("mine")));
    client.post("/api/jobs/" + waiting + "/cancel", "");
    assertEquals(200, client.post(save, edit.formatted("next", false)).status());
    byte[] saved = Files.readAllBytes(made("next"));
    refused(400, client.post("/api/jobs/" + waiting + "/resume", ""), "next", "already");
    assertArrayEquals(saved, Files.readAllBytes(made("next")));
    client.delete("/api/jobs/" + job);
  }

  @Test
  void whatIsRemovedLeavesNothingButItsDirections() throws IOException {
    String job = begun(components("long", LONG, "none"));
    String brief = begun(components("brief", 20, "none"));
    await(job, found -> Files.exists(Checkpoint.beside(made("long"))));
    assertEquals(200, client.delete("/api/jobs/" + job).status());
    await(brief, is("done"));
    assertEquals(200, client.delete("/api/jobs/" + brief).status());
    refused(404, client.get("/api/jobs/" + brief), "no such job");
    try (Stream<Path> files = Files.walk(workspace)) {
      assertEquals(List.of(made("brief")), files.filter(Files::isRegularFile).toList());
    }
  }

  @Test
  void attributesAreAnnotatedAndFitted() {
    String asked =
        "{\"kind\": \"attributes\", \"name\": \"faces\", \"samples\": 48, \"steps\": 2, \"disentangled\": false}";
    JsonObject done = await(begun(asked), is("done"));
    List<String> labels = new ArrayList<>();
    for (JsonElement label : done.getAsJsonObject("figures").getAsJsonArray("attributes"))
      labels.add(label.getAsString());
    assertFalse(labels.isEmpty());
    try (DirectionSet found = DirectionSet.open(made("faces"), model)) {
      assertEquals(labels, found.names());
    }
    assertTrue(Files.isRegularFile(workspace.resolve("faces.csv")));
    assertTrue(client.get("/api/model").json().get("annotates").getAsBoolean());
  }

  /** The classifier's weights are random: what its attributes look like cannot be told apart. */
  @Test
  void whatFailsSaysWhy() {
    String asked = "{\"kind\": \"attributes\", \"name\": \"alone\", \"samples\": 48, \"steps\": 2}";
    String job = begun(asked);
    Predicate<JsonObject> ended = is("failed").or(is("done"));
    JsonObject failed = poll(job, ended);
    assertTrue(is("failed").test(failed), failed.toString());
    assertTrue(failed.get("error").getAsString().contains("nothing is left"), failed.toString());
    assertTrue(Files.isRegularFile(workspace.resolve("alone.csv")), "the annotations stay");
    assertFalse(Files.exists(made("alone")));
    assertEquals(200, client.post("/api/jobs/" + job + "/resume", "").status());
    assertFalse(client.get("/api/jobs/" + job).json().has("error"));
    assertTrue(is("failed").test(poll(job, ended)));
  }

  @Test
  void examplesAreTheMeanDifferenceOfSeeds() throws IOException {
    String asked =
        "{\"kind\": \"examples\", \"name\": \"smile\", \"positive\": \"0,4,5\", \"negative\": \"1-3\"}";
    JsonObject done = await(begun(asked), is("done"));
    assertTrue(done.getAsJsonArray("notes").get(0).getAsString().startsWith("3 pairs"));
    SamplingOptions sampling =
        SamplingOptions.DEFAULT.withSteps(STEPS).withEta(EtaSchedule.DDIM).withRecordH(true);
    try (DirectionSet expected =
        new ExampleDirections(model)
            .ofSeeds(
                new long[] {0, 4, 5},
                new long[] {1, 2, 3},
                sampling,
                new ExampleOptions("smile", 8, null),
                Progress.NONE)) {
      Path file = temporary.resolve("expected.safetensors");
      expected.save(file);
      assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(made("smile")));
    }
    refused(400, client.post("/api/jobs", asked.replace("1-3", "1-2")), "as many positive");
  }

  @Test
  void aDirectionLosesTheEffectOfOthers() throws IOException {
    saveComponents("found.safetensors");
    String mixed = "workspace:mixed.safetensors:mixed";
    String first = "workspace:found.safetensors:pc0";
    String edits =
        "{\"name\": \"mixed\", \"edits\": [{\"direction\": \"%s\", \"strength\": 1},"
                .formatted(first)
            + " {\"direction\": \"workspace:found.safetensors:pc1\", \"strength\": 1}]}";
    assertEquals(200, client.post("/api/sessions/" + client.session(1) + "/save", edits).status());
    String asked =
        "{\"direction\": \"%s\", \"without\": [\"%s\"], \"name\": \"less\"}"
            .formatted(mixed, first);
    JsonObject made = client.post("/api/directions", asked).json();
    assertEquals("workspace:less.safetensors:less", made.get("direction").getAsString());
    try (Direction less = model.direction(made("less") + ":less");
        Direction pc0 = model.direction(made("found") + ":pc0")) {
      double cosine =
          DirectionComparison.of(List.of("less", "pc0"), List.of(less, pc0)).whole()[0][1];
      assertEquals(0, cosine, 1e-5);
    }
    refused(400, client.post("/api/directions", asked), "less", "already");
    String self =
        "{\"direction\": \"%s\", \"without\": [\"%s\"], \"name\": \"none\"}"
            .formatted(first, mixed);
    Client.Answer most = client.post("/api/directions", self.replace(mixed, first));
    refused(400, most, "nothing is left");
    refused(
        400, client.post("/api/directions", asked.replace("[\"" + first + "\"]", "[]")), "without");
    refused(
        400,
        client.post("/api/directions", asked.replace(mixed, "no").replace("less", "more")),
        "no");
  }

  @Test
  void aDirectionOfWhichLittleIsLeftIsKeptOnlyByForce() throws IOException {
    saveComponents("found.safetensors");
    String first = "workspace:found.safetensors:pc0";
    String edits =
        "{\"name\": \"close\", \"edits\": [{\"direction\": \"%s\", \"strength\": 1},"
                .formatted(first)
            + " {\"direction\": \"workspace:found.safetensors:pc1\", \"strength\": 0.1}]}";
    client.post("/api/sessions/" + client.session(1) + "/save", edits);
    String asked =
        "{\"direction\": \"workspace:close.safetensors:close\", \"without\": [\"%s\"], \"name\": \"rest\"%s}";
    refused(422, client.post("/api/directions", asked.formatted(first, "")), "is left");
    assertFalse(Files.exists(made("rest")));
    String forced = asked.formatted(first, ", \"force\": true");
    double left = client.post("/api/directions", forced).json().get("norm_left").getAsDouble();
    assertTrue(left > 0 && left < 0.3, "left: " + left);
    assertTrue(Files.exists(made("rest")));
  }

  @Test
  void whatIsAskedWronglyIsSaidInOneSentence() throws IOException {
    refused(400, client.post("/api/jobs", "{}"), "kind");
    refused(400, client.post("/api/jobs", "{\"kind\": \"magic\", \"name\": \"a\"}"), "one of");
    String asked = components("mine", 20, "none");
    refused(400, client.post("/api/jobs", asked.replace("mine", "../mine")), "name");
    refused(400, client.post("/api/jobs", asked.replace("20", "3")), "samples", "more than the 3");
    refused(400, client.post("/api/jobs", asked.replace("20", "1e9")), "samples");
    refused(400, client.post("/api/jobs", asked.replace("\"none\"", "\"left\"")), "rotate");
    refused(404, client.get("/api/jobs/0123456789abcdef"), "no such job");
    refused(404, client.post("/api/jobs/..%2f..%2fsecret/resume", ""), "");
    assertTrue(client.get("/api/jobs").json().getAsJsonArray("jobs").isEmpty());
  }

  @Test
  void recordsThatCannotBeReadHaveFailed() throws IOException {
    String job = begun(components("mine", 20, "none"));
    await(job, is("done"));
    end();
    Path record = workspace.resolve("jobs/" + job + ".json");
    String text = Files.readString(record).replace("\"none\"", "\"left\"");
    Files.writeString(record, text);
    Path torn = workspace.resolve("jobs/0123456789abcdef.json");
    Files.writeString(torn, "{\"state\": \"do");
    model = openModel();
    start();
    assertEquals(2, client.get("/api/jobs").json().getAsJsonArray("jobs").size());
    JsonObject known = client.get("/api/jobs/" + job).json();
    assertTrue(is("failed").test(known), known.toString());
    assertEquals("mine", known.get("name").getAsString());
    String error = known.get("error").getAsString();
    assertTrue(error.contains("cannot be read") && error.contains("rotate"), error);
    assertTrue(is("failed").test(client.get("/api/jobs/0123456789abcdef").json()));
    client.post("/api/jobs/" + job + "/cancel", "");
    refused(400, client.post("/api/jobs/" + job + "/resume", ""), "cannot be read");
    assertEquals(text, Files.readString(record), "it stays as it was");
    assertEquals(200, client.delete("/api/jobs/0123456789abcdef").status());
    assertFalse(Files.exists(torn));
    assertEquals(200, client.delete("/api/jobs/" + job).status());
    assertTrue(Files.exists(made("mine")));
  }
}
