package org.hspace.directions;

import com.google.gson.Gson;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.io.FormatFile;
import org.hspace.model.Model;
import org.hspace.nativelib.Finite;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.TensorFileWriter;
import org.hspace.nativelib.Tensors;
import org.hspace.trajectory.Provenance;

/**
 * Directions as safetensors: {@code directions (K,T,c,h,w)}, {@code timesteps (T)} and the method's
 * own tensors; metadata {@code format}, {@code version}, {@code names} (JSON list) and {@code
 * provenance} (JSON).
 */
public final class DirectionFile {
  /** Value of the metadata key {@code format}. */
  public static final String FORMAT = "hspace-directions";

  private static final Gson GSON = new Gson();

  private DirectionFile() {}

  static void write(Path path, DirectionSet set, ScalarType type) {
    try (TensorFileWriter writer = new TensorFileWriter(path);
        PointerScope scope = new PointerScope()) {
      writer.metadata("format", FORMAT);
      writer.metadata("version", "1");
      writer.metadata("names", GSON.toJson(set.names()));
      writer.metadata("provenance", set.provenance().toJson());
      Map<String, Tensor> tensors = new TreeMap<>(set.figures());
      tensors.put("directions", narrowed(set, type));
      tensors.put("timesteps", Tensors.of(Arrays.stream(set.timesteps()).asLongStream().toArray()));
      tensors.forEach((name, t) -> writer.declare(name, t.scalar_type(), Tensors.shape(t)));
      tensors.forEach(writer::write);
      writer.finish();
    }
  }

  /** The directions in the file's type, which must hold their numbers. */
  private static Tensor narrowed(DirectionSet set, ScalarType type) {
    Tensor narrow = set.directions().to(type);
    if (Finite.all(narrow)) return narrow;
    throw new HspaceException(
        "directions: some numbers are beyond %g, the largest of the type in which they are to be stored (%s)"
            .formatted(Finite.largest(type), type.name().toLowerCase(Locale.ROOT)));
  }

  static DirectionSet read(Path path, Model model) {
    try (FormatFile file = FormatFile.open(path, "a direction file", FORMAT);
        PointerScope scope = new PointerScope()) {
      Provenance provenance = Provenance.parse(file.metadata("provenance"), file.place());
      provenance.checkModel(model, file.place());
      List<String> names = file.names("names");
      int[] timesteps = file.timesteps("timesteps");
      int[] h = model.bottleneckShape(provenance.hSpace());
      Tensor directions =
          file.finite("directions", names.size(), timesteps.length, h[0], h[1], h[2]);
      Map<String, Tensor> figures = new TreeMap<>();
      for (String name : file.tensors()) {
        if (!name.equals("directions") && !name.equals("timesteps")) {
          figures.put(name, file.tensor(name));
        }
      }
      return new DirectionSet(names, directions, timesteps, provenance, figures);
    }
  }
}
