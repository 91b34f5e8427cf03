package org.hspace.studio;

import io.javalin.http.Context;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hspace.HspaceException;
import org.hspace.image.Fit;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.io.AtomicFile;
import org.hspace.pipeline.Hashes;
import org.hspace.pipeline.Model;

/**
 * Photographs that somebody brings. What is kept is what the model sees of them, in the workspace
 * under its hash.
 */
final class PhotoRoutes {
  private static final int MOST_BYTES = 32 << 20;

  /** A decoded picture takes about 30 bytes a pixel for a moment. */
  private static final int MOST_PIXELS = 24_000_000;

  private final Model model;
  private final Workspace workspace;

  PhotoRoutes(Model model, Workspace workspace) {
    this.model = model;
    this.workspace = workspace;
  }

  List<Route> routes() {
    return List.of(
        Route.post("/api/photos", this::bring), Route.get("/api/photos/{photo}", this::show));
  }

  private void bring(Context request) {
    String asked = request.queryParam("fit");
    Fit fit =
        Arrays.stream(Fit.values())
            .filter(each -> each.id().equals(asked == null ? Fit.CROP.id() : asked))
            .findFirst()
            .orElseThrow(
                () ->
                    new HspaceException(
                        "fit: expected crop, stretch or pad, found '" + asked + "'"));
    byte[] png = ImageFile.png(seen(Answers.body(request, MOST_BYTES), fit));
    String id = Hashes.sha256(png);
    Path file = workspace.photo(id);
    Workspace.makeFolderOf(file);
    AtomicFile.write(file, out -> out.write(png));
    Answers.json(request, Map.of("photo", id));
  }

  /** One at a time: a small file may be a large picture. */
  private synchronized RgbImage seen(byte[] bytes, Fit fit) {
    int[] shape = model.pictureShape(); // {C, H, W}
    Path file = null;
    try {
      file = Files.createTempFile("hspace-studio-", ".photo");
      Files.write(file, bytes);
      ImageFile.checkReadable(file, MOST_PIXELS);
      return fit.apply(ImageFile.read(file), shape[2], shape[1]);
    } catch (IOException e) {
      throw new HspaceException("cannot keep the picture: " + AtomicFile.reason(e), e);
    } catch (HspaceException e) {
      throw new HspaceException(e.getMessage().replace("image " + file, "the picture"), e);
    } catch (OutOfMemoryError e) {
      throw new HspaceException("cannot read the picture: there is not enough memory for it", e);
    } finally {
      remove(file);
    }
  }

  /** Removes a temporary file, which may not have been made. */
  static void remove(Path file) {
    try {
      if (file != null) Files.deleteIfExists(file);
    } catch (IOException e) {
      // The system empties its temporary folder.
    }
  }

  private void show(Context request) {
    Path file = workspace.photo(request.pathParam("photo").toLowerCase(Locale.ROOT));
    if (!Files.isRegularFile(file))
      throw new Refusal(Refusal.NOT_FOUND, "this photograph is not in the workspace");
    try {
      request.contentType("image/png").result(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new HspaceException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }
}
