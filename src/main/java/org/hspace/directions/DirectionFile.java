package org.hspace.directions;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.hspace.model.Model;
import org.hspace.nativelib.HspaceException;
import org.hspace.nativelib.TensorFile;
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
      tensors.put("directions", set.directions().to(type));
      tensors.put("timesteps", Tensors.of(Arrays.stream(set.timesteps()).asLongStream().toArray()));
      tensors.forEach((name, t) -> writer.declare(name, t.scalar_type(), Tensors.shape(t)));
      tensors.forEach(writer::write);
      writer.finish();
    }
  }

  static DirectionSet read(Path path, Model model) {
    String where = path.toString();
    try (TensorFile file = TensorFile.open(path);
        PointerScope scope = new PointerScope()) {
      Provenance provenance = provenance(file, where);
      provenance.checkModel(model, where);
      List<String> names = names(file, where);
      Tensor directions = file.tensor("directions"); // (K, T, c, h, w)
      int[] timesteps =
          Arrays.stream(Tensors.longs(file.tensor("timesteps")))
              .mapToInt(Math::toIntExact)
              .toArray();
      for (int i = 1; i < timesteps.length; i++) {
        if (timesteps[i] >= timesteps[i - 1]) {
          throw new HspaceException(
              where + ": timesteps: expected descending, found " + Arrays.toString(timesteps));
        }
      }
      int[] h = model.bottleneckShape(provenance.hSpace());
      long[] expected = {names.size(), timesteps.length, h[0], h[1], h[2]};
      if (!Arrays.equals(Tensors.shape(directions), expected)) {
        throw new HspaceException(
            where
                + ": directions: expected shape "
                + Arrays.toString(expected)
                + ", found "
                + Arrays.toString(Tensors.shape(directions)));
      }
      Map<String, Tensor> figures = new TreeMap<>();
      for (String name : file.names()) {
        if (!name.equals("directions") && !name.equals("timesteps")) {
          figures.put(name, file.tensor(name));
        }
      }
      return new DirectionSet(names, directions, timesteps, provenance, figures);
    }
  }

  private static Provenance provenance(TensorFile file, String where) {
    String format = file.metadata().get("format");
    if (!FORMAT.equals(format)) {
      throw new HspaceException(
          where
              + ": expected a direction file (metadata format = "
              + FORMAT
              + "), found format = "
              + format);
    }
    return Provenance.parse(file.metadata().get("provenance"), where);
  }

  private static List<String> names(TensorFile file, String where) {
    String json = file.metadata().get("names");
    try {
      String[] names = GSON.fromJson(json, String[].class);
      if (names != null && Set.of(names).size() == names.length) return List.of(names);
    } catch (JsonParseException | IllegalArgumentException e) {
      // said below
    }
    throw new HspaceException(
        where + ": metadata 'names': expected a JSON list of different names, found " + json);
  }
}
