package user;

import java.nio.file.Path;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.pipeline.Model;
import org.hspace.pipeline.ModelOptions;
import org.hspace.pipeline.Progress;
import org.hspace.pipeline.Sampler;
import org.hspace.pipeline.SamplingOptions;
import org.hspace.pipeline.Trajectory;

/** Writes one sample of a model as a picture. */
public final class Faces {
  private Faces() {}

  /** Model and picture. */
  public static void main(String[] arguments) {
    try (Model model = Model.open(Path.of(arguments[0]), ModelOptions.DEFAULT);
        Trajectory faces =
            new Sampler(model)
                .sample(new long[] {3}, SamplingOptions.DEFAULT.withSteps(5), Progress.NONE)) {
      ImageFile.write(Path.of(arguments[1]), RgbImage.of(faces.x0(), 0));
    }
  }
}
