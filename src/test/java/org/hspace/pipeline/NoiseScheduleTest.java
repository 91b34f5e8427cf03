package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hspace.HspaceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That Java sees what C++ computes, whose own tests say that it is right. */
class NoiseScheduleTest {
  @TempDir Path directory;

  private SchedulerConfig config(String json) throws IOException {
    return SchedulerConfig.load(
        Files.writeString(directory.resolve("scheduler_config.json"), json));
  }

  @Test
  void everyFieldArrives() throws IOException {
    SchedulerConfig config =
        config(
            "{\"num_train_timesteps\": 500, \"beta_schedule\": \"scaled_linear\", \"beta_start\": 0.25,"
                + " \"beta_end\": 0.5, \"set_alpha_to_one\": false, \"steps_offset\": 3,"
                + " \"timestep_spacing\": \"linspace\", \"prediction_type\": \"v_prediction\","
                + " \"rescale_betas_zero_snr\": true, \"clip_sample_range\": 2,"
                + " \"variance_type\": \"fixed_large\"}");
    assertEquals(500, config.numTrainTimesteps());
    assertEquals("scaled_linear", config.betaSchedule());
    assertEquals(0.25, config.betaStart());
    assertEquals(0.5, config.betaEnd());
    assertNull(config.trainedBetas());
    assertFalse(config.setAlphaToOne());
    assertEquals(3, config.stepsOffset());
    assertEquals("linspace", config.timestepSpacing());
    assertEquals("v_prediction", config.predictionType());
    assertTrue(config.rescaleBetasZeroSnr());
    assertEquals(new Clipping(2.0, null, null, true), config.clipping());
    assertEquals("fixed_large", config.varianceType());
    assertEquals(2, config.notApplied(false).size());
    assertTrue(config.canonicalJson().startsWith("{\"beta_end\":0.5,"), config.canonicalJson());
    assertEquals(64, config.hash().length());
  }

  @Test
  void whatIsAbsentIsNull() throws IOException {
    SchedulerConfig config =
        config(
            "{\"num_train_timesteps\": 2, \"trained_betas\": [0.125, 0.5], \"clip_sample\": false}");
    assertEquals(List.of(0.125, 0.5), config.trainedBetas());
    assertNull(config.clipping());
    assertNull(config.varianceType());
    assertEquals(
        new Clipping(null, 0.75, 4.0, true),
        config(
                "{\"thresholding\": true, \"dynamic_thresholding_ratio\": 0.75, \"sample_max_value\": 4}")
            .clipping());
  }

  /** β are 1/4 and 1/2, whose products are exact. */
  @Test
  void latticesArrive() throws IOException {
    NoiseSchedule schedule =
        NoiseSchedule.of(config("{\"num_train_timesteps\": 2, \"trained_betas\": [0.25, 0.5]}"));
    assertEquals(2, schedule.trainTimesteps());
    assertEquals(0.75, schedule.alphaBar(0));
    assertEquals(0.375, schedule.alphaBar(1));
    assertEquals(1, schedule.finalAlphaBar());
    assertEquals(PredictionType.EPSILON, schedule.predictionType());
    Lattice lattice = schedule.lattice(2);
    assertEquals(2, lattice.steps());
    assertArrayEquals(new int[] {1, 0}, lattice.timesteps());
    assertArrayEquals(new double[] {0.375, 0.75}, lattice.alphaBar());
    assertArrayEquals(new double[] {0.75, 1}, lattice.alphaBarPrevious());
    assertEquals(Math.sqrt(0.25 / 0.625) * Math.sqrt(0.5), lattice.sigma(0, 1));
    assertTrue(lattice.addsNoise(new double[] {0.5, 0}));
    assertFalse(lattice.addsNoise(new double[] {0, 1}));
    assertArrayEquals(new int[] {1}, schedule.lattice(new int[] {1}).timesteps());
  }

  @Test
  void errorsAreOneLineOfTheUsers() throws IOException {
    Path file = directory.resolve("scheduler_config.json");
    String message =
        assertThrows(HspaceException.class, () -> config("{\"beta_start\": \"x\"}")).getMessage();
    assertEquals(file + ": beta_start: expected a number from 0 to 1, found \"x\"", message);
    NoiseSchedule schedule = NoiseSchedule.of(config("{}"));
    assertEquals(
        "steps: expected 1 to 1000, found 0",
        assertThrows(HspaceException.class, () -> schedule.lattice(0)).getMessage());
    assertThrows(HspaceException.class, () -> schedule.alphaBar(1000));
    assertThrows(HspaceException.class, () -> schedule.lattice(new int[] {1, 2}));
  }
}
