package org.hspace.schedule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.hspace.model.SchedulerConfig;
import org.hspace.nativelib.HspaceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NoiseScheduleTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/schedules.json");

  @TempDir Path directory;

  private NoiseSchedule schedule(JsonElement config) throws IOException {
    return NoiseSchedule.of(SchedulerConfig.load(file(config.toString())));
  }

  private Path file(String json) throws IOException {
    return Files.writeString(directory.resolve("scheduler_config.json"), json);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "linear_leading",
        "linear_trailing",
        "linear_linspace",
        "offset",
        "latent",
        "cosine",
        "trained",
        "zero_snr",
        "not_to_one"
      })
  void equalsDiffusers(String name) throws IOException {
    JsonObject golden =
        JsonParser.parseString(Files.readString(GOLDEN)).getAsJsonObject().getAsJsonObject(name);
    NoiseSchedule schedule = schedule(golden.get("config"));
    for (Map.Entry<String, JsonElement> probe : golden.getAsJsonObject("alpha_bar").entrySet()) {
      double expected = probe.getValue().getAsDouble();
      assertEquals(
          expected,
          schedule.alphaBar(Integer.parseInt(probe.getKey())),
          1e-6 * expected,
          probe.getKey());
    }
    assertEquals(golden.get("final_alpha_bar").getAsDouble(), schedule.finalAlphaBar(), 1e-7);
    for (Map.Entry<String, JsonElement> one : golden.getAsJsonObject("timesteps").entrySet()) {
      int[] expected =
          one.getValue().getAsJsonArray().asList().stream()
              .mapToInt(JsonElement::getAsInt)
              .toArray();
      assertArrayEquals(
          expected, schedule.lattice(Integer.parseInt(one.getKey())).timesteps(), one.getKey());
    }
  }

  @Test
  void stepsMeet() {
    Lattice lattice = NoiseSchedule.of(SchedulerConfig.DEFAULT).lattice(30);
    for (int i = 0; i + 1 < 30; i++) {
      assertEquals(lattice.alphaBar()[i + 1], lattice.alphaBarPrevious()[i]);
    }
    assertEquals(1.0, lattice.alphaBarPrevious()[29]);
    assertEquals(0.0, lattice.sigma(29, 1), "a step to the image adds no noise");
    assertTrue(IntStream.range(0, 29).allMatch(i -> lattice.sigma(i, 1) > 0));
  }

  @Test
  void sigmaOfDdpmIsThePosteriorsDeviation() {
    NoiseSchedule schedule = NoiseSchedule.of(SchedulerConfig.DEFAULT);
    Lattice lattice = schedule.lattice(1000); // every timestep: β̃_t = (1-ᾱ_{t-1})/(1-ᾱ_t) β_t
    int t = 500;
    double beta = 1 - schedule.alphaBar(t) / schedule.alphaBar(t - 1);
    double posterior = (1 - schedule.alphaBar(t - 1)) / (1 - schedule.alphaBar(t)) * beta;
    assertEquals(Math.sqrt(posterior), lattice.sigma(999 - t, 1), 1e-12);
    assertEquals(Math.sqrt(posterior) / 2, lattice.sigma(999 - t, 0.5), 1e-12);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"beta_schedule\": \"sigmoid\"} | beta_schedule | linear, scaled_linear, squaredcos_cap_v2 | sigmoid",
        "{\"timestep_spacing\": \"even\"} | timestep_spacing | leading, linspace, trailing | even",
        "{\"prediction_type\": 3} | prediction_type | epsilon, sample, v_prediction | 3",
        "{\"_class_name\": \"EulerDiscreteScheduler\"} | _class_name | DDIMScheduler, DDPMScheduler | Euler",
        "{\"num_train_timesteps\": 0} | num_train_timesteps | from 1 to | 0",
        "{\"num_train_timesteps\": 2.5} | num_train_timesteps | an integer | 2.5",
        "{\"beta_start\": \"x\"} | beta_start | a number | x",
        "{\"set_alpha_to_one\": 1} | set_alpha_to_one | true or false | 1",
        "{\"trained_betas\": [0.1, 0.2]} | trained_betas | 1000 values | 2 values",
        "{\"rescale_betas_zero_snr\": true} | rescale_betas_zero_snr | false with prediction_type epsilon | true",
        "[1] | scheduler_config.json | a JSON object | config",
        "{nonsense | scheduler_config.json | not JSON | config"
      })
  void badValuesAreNamed(String json, String key, String expected, String found)
      throws IOException {
    Path file = file(json);
    String message =
        assertThrows(HspaceException.class, () -> SchedulerConfig.load(file)).getMessage();
    for (String part : new String[] {file.toString(), key, expected, found}) {
      assertTrue(message.contains(part), message + " should name " + part);
    }
  }

  @Test
  void stepsOutOfRangeAreNamed() throws IOException {
    NoiseSchedule schedule = NoiseSchedule.of(SchedulerConfig.DEFAULT);
    assertThrows(HspaceException.class, () -> schedule.lattice(0));
    assertThrows(HspaceException.class, () -> schedule.lattice(1001));
    NoiseSchedule shifted = NoiseSchedule.of(SchedulerConfig.load(file("{\"steps_offset\": 1}")));
    assertTrue(
        assertThrows(HspaceException.class, () -> shifted.lattice(1000))
            .getMessage()
            .contains("1000"));
  }
}
