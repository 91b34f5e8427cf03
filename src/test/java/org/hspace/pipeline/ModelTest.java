package org.hspace.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.HspaceException;
import org.hspace.nativelib.TensorFile;
import org.hspace.nativelib.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {
  @TempDir Path directory;

  /** A copy of the tiny pipeline that a test may spoil. */
  private Path copy() throws IOException {
    return TinyModel.copy(TinyModel.DIRECTORY, directory.resolve("model"));
  }

  private static String failure(Path path) {
    return assertThrows(HspaceException.class, () -> Model.open(path, ModelOptions.DEFAULT).close())
        .getMessage();
  }

  @Test
  void describesItself() {
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      assertArrayEquals(new int[] {3, 16, 16}, model.sampleShape());
      assertArrayEquals(new int[] {16, 4, 4}, model.bottleneckShape(HSpace.AFTER));
      assertArrayEquals(new int[] {16, 4, 4}, model.bottleneckShape(HSpace.MIDDLE));
      assertEquals(64, model.hash().length());
    }
  }

  @Test
  void theHashFollowsTheWeights() throws IOException {
    Path path = copy();
    String before;
    try (Model model = Model.open(path, ModelOptions.DEFAULT)) {
      before = model.hash();
    }
    try (Model original = TinyModel.open(DType.FLOAT64)) {
      assertEquals(original.hash(), before, "neither place nor precision matter");
    }
    Path weights = path.resolve("unet/diffusion_pytorch_model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    try (Model model = Model.open(path, ModelOptions.DEFAULT)) {
      assertNotEquals(before, model.hash());
    }
  }

  /** Nothing but the function counts: not the file's order, nor what it says beside. */
  @Test
  void theHashIsOfWhatTheNetworkDoes() throws IOException {
    Path path = copy();
    Path config = path.resolve("unet/config.json");
    Path weights = path.resolve("unet/diffusion_pytorch_model.safetensors");
    String text = Files.readString(config);
    byte[] bytes = Files.readAllBytes(weights);
    try (Model original = TinyModel.open(DType.FLOAT32)) {
      Files.writeString(
          config,
          text.replaceFirst("\\{", "{\"new_key\": 1, \"dropout\": 0.5, \"norm_eps\": 0.00001,"));
      try (Model same = Model.open(path, ModelOptions.DEFAULT)) {
        assertEquals(original.hash(), same.hash());
        assertEquals(1, same.warnings().size());
        assertTrue(same.warnings().get(0).contains("new_key"), same.warnings().get(0));
      }
      // Shards under any names, a tensor more.
      Files.delete(weights);
      Files.write(path.resolve("unet/model-00001-of-00001.safetensors"), bytes);
      Map<String, String> shards = new TreeMap<>();
      try (TensorFile file =
          TensorFile.open(TinyModel.DIRECTORY.resolve("unet/" + weights.getFileName()))) {
        file.names().forEach(name -> shards.put(name, "model-00001-of-00001.safetensors"));
      }
      Files.writeString(
          path.resolve("unet/diffusion_pytorch_model.safetensors.index.json"),
          new Gson().toJson(Map.of("weight_map", shards)));
      try (Model same = Model.open(path, ModelOptions.DEFAULT)) {
        assertEquals(original.hash(), same.hash());
      }
      bytes[bytes.length - 1] ^= 1;
      Files.write(path.resolve("unet/model-00001-of-00001.safetensors"), bytes);
      try (Model other = Model.open(path, ModelOptions.DEFAULT)) {
        assertNotEquals(original.hash(), other.hash());
        assertFalse(original.hasHash(other.hash()));
      }
    }
  }

  /** As Java's own digests make it of the text that unet.h describes. */
  @Test
  void theHashIsTheDocumentedOne() throws Exception {
    try (Model model = TinyModel.open(DType.FLOAT32);
        TensorFile file =
            TensorFile.open(
                TinyModel.DIRECTORY.resolve("unet/diffusion_pytorch_model.safetensors"))) {
      StringBuilder text =
          new StringBuilder(
              "{\"add_attention\":true,\"attention_head_dim\":8,\"attn_norm_num_groups\":null,"
                  + "\"block_out_channels\":[8,12,16],\"center_input_sample\":false,"
                  + "\"down_block_types\":[\"DownBlock2D\",\"DownBlock2D\",\"AttnDownBlock2D\"],"
                  + "\"downsample_padding\":1,\"downsample_type\":\"conv\",\"flip_sin_to_cos\":true,"
                  + "\"freq_shift\":0,\"in_channels\":3,\"layers_per_block\":1,"
                  + "\"mid_block_scale_factor\":1,\"norm_eps\":0.00001,\"norm_num_groups\":2,"
                  + "\"out_channels\":3,\"resnet_time_scale_shift\":\"default\","
                  + "\"time_embedding_dim\":32,\"time_embedding_type\":\"positional\","
                  + "\"up_block_types\":[\"AttnUpBlock2D\",\"UpBlock2D\",\"UpBlock2D\"],"
                  + "\"upsample_type\":\"conv\"}\n");
      for (String name : file.names()) {
        try (Tensor tensor = file.tensor(name)) {
          byte[] bytes = new byte[(int) (tensor.numel() * tensor.element_size())];
          new BytePointer(tensor.data_ptr()).get(bytes);
          byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
          String shape = Arrays.toString(file.shape(name)).replace('[', '(').replace(']', ')');
          text.append(name + " " + shape + " F32 " + HexFormat.of().formatHex(digest) + "\n");
        }
      }
      assertEquals(Hashes.sha256(text.toString()), model.hash());
    }
  }

  @Test
  void filesOfEarlierVersionsAreRecognised() throws IOException {
    try (Model model = TinyModel.open(DType.FLOAT32)) {
      Path unet = TinyModel.DIRECTORY.resolve("unet");
      String old =
          Hashes.sha256(
              List.of(
                  unet.resolve("config.json"),
                  unet.resolve("diffusion_pytorch_model.safetensors")));
      assertNotEquals(old, model.hash());
      assertTrue(model.hasHash(old));
      assertFalse(model.hasHash(Hashes.sha256("")));
    }
  }

  @Test
  void allLayoutsAreOneModel() throws IOException {
    Path flat =
        TinyModel.flat(
            directory.resolve("flat"),
            TinyModel.DIRECTORY.resolve("unet"),
            Files.readString(TinyModel.DIRECTORY.resolve("scheduler/scheduler_config.json")));
    try (Model expected = TinyModel.open(DType.FLOAT32)) {
      for (Path path : List.of(flat, TinyModel.DIRECTORY.resolve("unet"))) {
        try (Model model = Model.open(path, ModelOptions.DEFAULT)) {
          assertEquals(expected.hash(), model.hash());
          assertEquals(expected.schedulerConfig().hash(), model.schedulerConfig().hash());
          assertEquals(expected.schedulerConfig().clipping(), model.schedulerConfig().clipping());
          assertEquals(path, model.directory());
        }
      }
    }
  }

  @Test
  void learnedVarianceIsLeftAside() throws IOException {
    Path path = TinyModel.flat(directory.resolve("v"), TinyModel.network("learned_variance"), "{}");
    try (Model model = Model.open(path, ModelOptions.DEFAULT);
        PointerScope scope = new PointerScope()) {
      assertTrue(model.learnedVariance());
      int[] x = model.sampleShape();
      Tensor noise = Tensors.zeros(ScalarType.Float, 2, x[0], x[1], x[2]);
      Bottleneck bottleneck = model.unet().encode(noise, Tensors.of(500L), HSpace.AFTER);
      Tensor epsilon = model.unet().decode(bottleneck, null);
      assertArrayEquals(new long[] {2, 3, x[1], x[2]}, Tensors.shape(epsilon));
    }
  }

  @Test
  void oneEncodingServesSeveralDecodings() {
    try (Model model = TinyModel.open(DType.FLOAT64);
        PointerScope scope = new PointerScope()) {
      Tensor x = Tensors.zeros(ScalarType.Double, 2, 3, 16, 16);
      Tensor t = Tensors.of(500L);
      try (Bottleneck bottleneck = model.unet().encode(x, t, HSpace.AFTER)) {
        Tensor plain = model.unet().decode(bottleneck, null);
        Tensor edited = model.unet().decode(bottleneck, bottleneck.h());
        Tensor again = model.unet().decode(bottleneck, null);
        assertTrue(plain.equal(again));
        assertTrue(plain.sub(edited).abs().max().item_double() > 1e-3);
      }
    }
  }

  @Test
  void useAfterCloseIsAnError() {
    Model model = TinyModel.open(DType.FLOAT32);
    UNet unet = model.unet();
    Bottleneck bottleneck =
        unet.encode(Tensors.zeros(ScalarType.Float, 1, 3, 16, 16), Tensors.of(0L), HSpace.AFTER);
    bottleneck.close();
    assertThrows(IllegalStateException.class, bottleneck::h);
    model.close();
    model.close();
    assertThrows(IllegalStateException.class, model::unet);
    assertThrows(IllegalStateException.class, () -> unet.decode(bottleneck, null));
  }

  @Test
  void badDirectoriesAreNamed() throws IOException {
    assertTrue(failure(directory.resolve("nowhere")).contains("nowhere"));
    assertTrue(failure(directory).contains("unet/config.json"));
    Path path = copy();
    Files.delete(path.resolve("scheduler/scheduler_config.json"));
    assertTrue(failure(path).contains("scheduler/scheduler_config.json"), failure(path));
  }

  @Test
  void truncatedWeightsAreNamed() throws IOException {
    Path path = copy();
    Path weights = path.resolve("unet/diffusion_pytorch_model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, java.util.Arrays.copyOf(bytes, bytes.length - 100));
    String message = failure(path);
    assertTrue(message.contains("diffusion_pytorch_model.safetensors"), message);
    assertTrue(!message.contains("frame #"), "no C++ trace: " + message);
  }

  @Test
  void devicesAndTypesAreNamed() {
    assertThrows(HspaceException.class, () -> new Device("gpu"));
    assertThrows(HspaceException.class, () -> DType.parse("half"));
    assertThrows(HspaceException.class, () -> HSpace.parse("inside"));
    for (DType type : DType.values()) assertEquals(type, DType.parse(type.id()));
    for (HSpace point : HSpace.values()) assertEquals(point, HSpace.parse(point.id()));
  }
}
