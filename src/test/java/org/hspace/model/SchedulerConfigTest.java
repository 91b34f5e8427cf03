package org.hspace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchedulerConfigTest {
  @TempDir Path folder;

  private SchedulerConfig config(String json) throws IOException {
    return SchedulerConfig.load(Files.writeString(folder.resolve("scheduler_config.json"), json));
  }

  /** The hashes are those that sha256sum prints of the texts. */
  @Test
  void theHashIsOfACanonicalText() throws IOException {
    assertEquals(
        "{\"beta_end\":0.02,\"beta_schedule\":\"linear\",\"beta_start\":0.0001,\"num_train_timesteps\":1000,"
            + "\"prediction_type\":\"epsilon\",\"rescale_betas_zero_snr\":false,\"set_alpha_to_one\":true,"
            + "\"steps_offset\":0,\"timestep_spacing\":\"leading\"}",
        SchedulerConfig.DEFAULT.canonicalJson());
    assertEquals(
        "c62ce5dd653c6e4411c6f89d9448f96fa2c26a9b5de5ecec1868164baa084d58",
        SchedulerConfig.DEFAULT.hash());
    SchedulerConfig trained =
        config("{\"num_train_timesteps\": 4, \"trained_betas\": [1e-7, 0.5, 0.0, 0.999]}");
    assertEquals(
        "{\"num_train_timesteps\":4,\"prediction_type\":\"epsilon\",\"rescale_betas_zero_snr\":false,"
            + "\"set_alpha_to_one\":true,\"steps_offset\":0,\"timestep_spacing\":\"leading\","
            + "\"trained_betas\":[0.0000001,0.5,0,0.999]}",
        trained.canonicalJson());
    assertEquals(
        "90f5355025d37c6e1084e915570ec75fdffecfff51e1ca4b085a6a42bd766331", trained.hash());
  }

  @Test
  void onlyWhatChangesTheScheduleChangesTheHash() throws IOException {
    String trained = "\"num_train_timesteps\": 2, \"trained_betas\": [0.1, 0.2]";
    assertEquals(
        config("{" + trained + "}").hash(), config("{" + trained + ", \"beta_end\": 0.5}").hash());
    assertEquals(
        SchedulerConfig.DEFAULT.hash(),
        config("{\"_class_name\": \"DDIMScheduler\", \"clip_sample\": true, \"beta_start\": 1E-4}")
            .hash());
    for (String other :
        new String[] {
          "\"beta_start\": 0.001",
          "\"beta_end\": 0.012",
          "\"beta_schedule\": \"scaled_linear\"",
          "\"num_train_timesteps\": 500",
          "\"prediction_type\": \"v_prediction\"",
          "\"set_alpha_to_one\": false",
          "\"steps_offset\": 1",
          "\"timestep_spacing\": \"trailing\"",
          "\"num_train_timesteps\": 2, \"trained_betas\": [0.1, 0.3]",
          "\"prediction_type\": \"v_prediction\", \"rescale_betas_zero_snr\": true"
        }) {
      assertNotEquals(SchedulerConfig.DEFAULT.hash(), config("{" + other + "}").hash(), other);
    }
    assertNotEquals(
        config("{\"prediction_type\": \"v_prediction\"}").hash(),
        config("{\"prediction_type\": \"v_prediction\", \"rescale_betas_zero_snr\": true}").hash());
  }

  @Test
  void clippingIsReadAsDiffusersMeansIt() throws IOException {
    assertEquals(Clipping.clamp(1, true), config("{}").clipping());
    assertEquals(
        Clipping.clamp(2, false),
        config("{\"_class_name\": \"DDIMScheduler\", \"clip_sample_range\": 2}").clipping());
    assertNull(config("{\"clip_sample\": false}").clipping());
    assertEquals(
        Clipping.dynamic(0.995, 1.5, true),
        config("{\"thresholding\": true, \"sample_max_value\": 1.5}").clipping());
  }

  @Test
  void whatIsNotAppliedIsSaid() throws IOException {
    assertEquals(
        List.of("clip_sample to [-1, 1] is not applied (--clip applies it)"),
        config("{}").notApplied(false));
    assertEquals(List.of(), config("{}").notApplied(true));
    assertEquals(List.of(), config("{\"clip_sample\": false}").notApplied(false));
    List<String> remarks =
        config("{\"clip_sample\": false, \"variance_type\": \"learned_range\"}").notApplied(true);
    assertEquals(1, remarks.size());
    assertTrue(remarks.get(0).contains("variance_type learned_range"), remarks.get(0));
  }
}
