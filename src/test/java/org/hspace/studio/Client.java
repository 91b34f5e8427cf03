package org.hspace.studio;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import javax.imageio.ImageIO;

/** A program that uses the studio's interface. */
final class Client {
  static final String TOKEN = "token-of-the-test";

  private final HttpClient http = HttpClient.newHttpClient();
  private final String origin;

  Client(String origin) {
    this.origin = origin;
  }

  /**
   * What came back.
   *
   * @param type its content's
   */
  record Answer(int status, String type, byte[] body, HttpResponse<byte[]> response) {
    JsonObject json() {
      return JsonParser.parseString(text()).getAsJsonObject();
    }

    String text() {
      return new String(body, java.nio.charset.StandardCharsets.UTF_8);
    }

    String error() {
      return json().get("error").getAsString();
    }

    /** The pixels of a row of square pictures, each alone. */
    int[][] pictures() {
      try {
        var image = ImageIO.read(new ByteArrayInputStream(body));
        int side = image.getHeight();
        int[][] pictures = new int[image.getWidth() / side][];
        Arrays.setAll(pictures, i -> image.getRGB(i * side, 0, side, side, null, 0, side));
        return pictures;
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  Answer get(String path) {
    return send(request(path).GET());
  }

  Answer post(String path, String json) {
    return send(request(path).POST(BodyPublishers.ofString(json)));
  }

  Answer post(String path, byte[] bytes) {
    return send(request(path).POST(BodyPublishers.ofByteArray(bytes)));
  }

  Answer delete(String path) {
    return send(request(path).DELETE());
  }

  /** A request that knows the token. */
  HttpRequest.Builder request(String path) {
    return bare(path).header("Authorization", "Bearer " + TOKEN);
  }

  /** A request that does not. */
  HttpRequest.Builder bare(String path) {
    return HttpRequest.newBuilder(URI.create(origin + path));
  }

  Answer send(HttpRequest.Builder request) {
    try {
      HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
      return new Answer(
          response.statusCode(),
          response.headers().firstValue("Content-Type").orElse(""),
          response.body(),
          response);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Opens a seed's picture. */
  String session(long seed) {
    return post("/api/sessions", "{\"seed\": " + seed + "}").json().get("session").getAsString();
  }
}
