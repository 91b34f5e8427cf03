package org.hspace.cli;

import com.google.gson.Gson;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.hspace.HspaceException;
import org.hspace.nativelib.NativeRuntime;
import org.hspace.nativelib.TensorFile;
import org.hspace.nativelib.Versions;
import org.hspace.pipeline.HSpace;
import org.hspace.pipeline.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code hspace info}: the machine, a model, or a file. */
@Command(
    name = "info",
    sortOptions = false,
    description =
        "Shows versions, devices and threads; with --model or FILE what a model or a file holds.",
    footer = {"", "Example: hspace info pca.safetensors"})
final class InfoCommand extends HspaceCommand {
  private static final int SHOWN_TENSORS = 30;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "A safetensors file (trajectories, directions, weights) or a model directory.")
  @Reads
  private Path file;

  @Mixin private JsonMixin json;
  @Mixin private ModelMixin modelOptions;

  @Override
  void run() throws IOException {
    if (file != null && !Files.exists(file)) {
      throw new HspaceException(file + ": no such file or directory");
    }
    if (file != null && modelOptions.given()) {
      throw new HspaceException("info: expected either FILE or --model, found both");
    }
    loadLibraries();
    Map<String, Object> facts;
    if (file != null && !Files.isDirectory(file)) {
      facts = ofFile(file);
    } else if (file != null || modelOptions.given()) {
      facts = ofModel();
    } else {
      facts = ofMachine();
    }
    print(facts, "");
    json.write(facts);
  }

  private static Map<String, Object> ofMachine() {
    Versions versions = Versions.current();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("hspace", versions.hspace());
    facts.put("libtorch", versions.libtorch());
    facts.put("javacpp", versions.javacpp());
    facts.put("java", System.getProperty("java.version"));
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    facts.put("cpu_capability", torch.get_cpu_capability().getString());
    facts.put("cores", Runtime.getRuntime().availableProcessors());
    facts.put("threads", NativeRuntime.threads());
    List<String> devices = new ArrayList<>(List.of("cpu"));
    int gpus = torch.cuda_is_available() ? torch.cuda_device_count() : 0;
    for (int i = 0; i < gpus; i++) {
      devices.add("cuda:" + i);
    }
    facts.put("devices", devices);
    facts.put("home", Main.home().toAbsolutePath().normalize().toString());
    return facts;
  }

  private Map<String, Object> ofModel() throws IOException {
    try (Model model = modelOptions.open(file, console())) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("model", model.directory().toString());
      facts.put("hash", model.hash());
      if (!model.parts().pipelineClass().isEmpty())
        facts.put("pipeline", model.parts().pipelineClass());
      Map<String, Long> parameters = model.parameters();
      Object unet = parameters.get("unet");
      facts.put("parameters", parameters.size() == 1 ? unet : parameters);
      facts.put("precision", model.options().dtype().id());
      long numbers = // those of text encoders stay in their files
          parameters.entrySet().stream()
              .filter(part -> !part.getKey().startsWith("text_encoder"))
              .mapToLong(Map.Entry::getValue)
              .sum();
      facts.put("weights_bytes", numbers * model.options().dtype().bytes());
      facts.put("sample_shape", model.sampleShape());
      if (model.latent()) facts.put("picture_shape", model.pictureShape());
      Map<String, Object> shapes = new LinkedHashMap<>();
      for (HSpace point : HSpace.values()) {
        shapes.put(point.id(), model.bottleneckShape(point));
      }
      facts.put("h_space_shapes", shapes);
      facts.put(
          "output",
          model.learnedVariance()
              ? "noise and a learned variance; the variance is not used"
              : model.schedulerConfig().predictionType());
      List<String> notApplied = model.schedulerConfig().notApplied(false);
      if (!notApplied.isEmpty()) facts.put("not_applied", notApplied);
      facts.put("unet", config(model.parts().unetConfig()));
      facts.put("scheduler", config(model.parts().scheduler()));
      return facts;
    }
  }

  private static Map<?, ?> config(Path file) throws IOException {
    Map<?, ?> config = new Gson().fromJson(Files.readString(file), LinkedHashMap.class);
    config.keySet().removeIf(key -> String.valueOf(key).startsWith("_"));
    return config;
  }

  private static Map<String, Object> ofFile(Path path) {
    try (TensorFile tensors = TensorFile.open(path)) {
      Map<String, String> metadata = tensors.metadata();
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("file", path.toString());
      metadata.forEach((key, value) -> facts.put(key, structured(value)));
      Map<String, Object> described = new LinkedHashMap<>();
      for (String name : tensors.names()) {
        described.put(name, tensors.dtypeName(name) + " " + Arrays.toString(tensors.shape(name)));
      }
      facts.put("tensors", described);
      return facts;
    }
  }

  /** Metadata are strings; ours hold JSON where a string is not enough. */
  private static Object structured(String value) {
    if (value.startsWith("{") || value.startsWith("[")) {
      try {
        return new Gson().fromJson(JsonParser.parseString(value), Object.class);
      } catch (RuntimeException e) {
        return value; // somebody else's metadata may begin like JSON
      }
    }
    return value;
  }

  private void print(Map<?, ?> facts, String indent) {
    int lines = 0;
    for (Map.Entry<?, ?> fact : facts.entrySet()) {
      if (++lines > SHOWN_TENSORS && !indent.isEmpty()) {
        out().println(indent + "... and " + (facts.size() - SHOWN_TENSORS) + " more");
        return;
      }
      if (fact.getValue() instanceof Map<?, ?> nested) {
        out().println(indent + fact.getKey() + ":");
        print(nested, indent + "  ");
      } else {
        out().println(indent + fact.getKey() + ": " + plain(fact.getValue()));
      }
    }
  }

  private static String plain(Object value) {
    if (value instanceof int[] numbers) {
      return Arrays.toString(numbers);
    }
    if (value instanceof List<?> list && list.size() > 12) {
      return list.subList(0, 12).stream()
              .map(InfoCommand::plain)
              .toList()
              .toString()
              .replace("]", ", ...]")
          + " ("
          + list.size()
          + ")";
    }
    if (value instanceof List<?> list) {
      return list.stream().map(InfoCommand::plain).toList().toString();
    }
    return value instanceof Double number && number == Math.rint(number) && Math.abs(number) < 1e15
        ? Long.toString(number.longValue())
        : String.valueOf(value);
  }
}
