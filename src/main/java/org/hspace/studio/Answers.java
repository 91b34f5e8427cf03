package org.hspace.studio;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.hspace.HspaceException;
import org.hspace.image.ImageFile;
import org.hspace.image.RgbImage;
import org.hspace.io.JsonFields;

/** What requests bring and answers carry. */
final class Answers {
  static final int MOST_JSON = 1 << 20;
  private static final int PATIENCE_SECONDS = 600;
  private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

  private Answers() {}

  /**
   * The body of a request.
   *
   * @param most bytes
   * @throws Refusal when it has more
   */
  static byte[] body(Context request, int most) {
    try {
      byte[] bytes = request.bodyInputStream().readNBytes(most + 1);
      if (bytes.length > most)
        throw new Refusal(
            Refusal.TOO_LARGE,
            "the request is larger than the " + most + " bytes that are allowed");
      return bytes;
    } catch (IOException e) {
      throw new HspaceException("the request did not arrive whole", e);
    }
  }

  /** The JSON object that a request brings. */
  static JsonFields fields(Context request) {
    return JsonFields.parse(
        new String(body(request, MOST_JSON), StandardCharsets.UTF_8), "the request");
  }

  static void json(Context answer, Map<String, ?> value) {
    answer.contentType("application/json").result(text(value));
  }

  /** As JSON is written. */
  static String text(Map<String, ?> value) {
    return GSON.toJson(value);
  }

  /** A number as JSON has it: null for those that it has not. */
  static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** Pictures of one size, side by side, as a PNG. */
  static void pictures(Context answer, List<RgbImage> pictures) {
    answer.contentType("image/png").result(ImageFile.png(RgbImage.row(pictures)));
  }

  /**
   * Waits for the engine.
   *
   * @throws CancellationException when something newer took this one's place
   * @throws HspaceException of the work, and when it takes too long, which ends it
   */
  static <T> T await(Future<T> result) {
    try {
      return result.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      result.cancel(true);
      throw new Refusal(
          Refusal.BUSY, "this took longer than " + PATIENCE_SECONDS + " seconds and was ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      result.cancel(true);
      throw new CancellationException("the studio is closing");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) throw known;
      if (e.getCause() instanceof Error error) throw error;
      throw new IllegalStateException(e.getCause());
    }
  }
}
