package org.hspace.studio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the studio does not do for those who should not ask, or ask for too much. */
final class StudioSecurityTest extends StudioTest {
  @Test
  void nothingIsServedWithoutTheToken() {
    for (String path : new String[] {"/", "/page/main.js", "/api/model", "/openapi.json", "/none"})
      StudioApiTest.refused(401, client.send(client.bare(path).GET()), "token");
    StudioApiTest.refused(401, client.send(client.bare("/?token=another-token").GET()), "token");
    StudioApiTest.refused(
        401,
        client.send(client.bare("/api/model").header("Authorization", "Bearer another").GET()),
        "token");
  }

  @Test
  void theOpeningAddressLetsThePageAskFromThenOn() {
    Client.Answer page = client.send(client.bare("/?token=" + Client.TOKEN).GET());
    assertEquals(200, page.status());
    String cookie = page.response().headers().firstValue("Set-Cookie").orElseThrow();
    assertTrue(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), cookie);
    String pair = cookie.substring(0, cookie.indexOf(';'));
    assertEquals(200, client.send(client.bare("/api/model").header("Cookie", pair).GET()).status());
  }

  @Test
  void thePageMayLoadNothingFromElsewhere() {
    Client.Answer page = client.get("/");
    String policy = page.response().headers().firstValue("Content-Security-Policy").orElseThrow();
    assertTrue(policy.contains("default-src 'none'"), policy);
    assertFalse(policy.contains("unsafe"), policy);
    assertFalse(page.text().matches("(?s).*(src|href)=\"(https?:)?//.*"), page.text());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://evil.example",
        "https://localhost",
        "null",
        "http://localhost.evil.example"
      })
  void otherSitesPagesAreRefused(String origin) {
    StudioApiTest.refused(
        403, client.send(client.request("/api/model").header("Origin", origin).GET()), "sites");
    StudioApiTest.refused(
        403,
        client.send(
            client
                .request("/api/sessions")
                .header("Origin", origin)
                .POST(BodyPublishers.ofString("{\"seed\": 1}"))),
        "sites");
  }

  @Test
  void ownPagesAreNot() {
    assertEquals(
        200,
        client.send(client.request("/api/model").header("Origin", studio.origin()).GET()).status());
    StudioApiTest.refused(
        403,
        client.send(client.request("/api/model").header("Sec-Fetch-Site", "cross-site").GET()),
        "sites");
    StudioApiTest.refused(
        403,
        client.send(client.request("/api/model").header("Sec-Fetch-Site", "same-site").GET()),
        "sites");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "127.0.0.1.evil.example",
        "192.168.0.7",
        "[fe80::1]",
        "localhost."
      })
  void aNameThatLeadsHereFromElsewhereIsRefused(String host) throws IOException {
    String answer = raw("GET /api/model?token=" + Client.TOKEN + " HTTP/1.1", "Host: " + host);
    assertTrue(answer.startsWith("HTTP/1.1 403"), answer);
    assertTrue(answer.contains("not called that"), answer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/page/../openapi.json",
        "/page/..%2f..%2fnativelib%2fversion.properties",
        "/page/%2e%2e/%2e%2e/nativelib/version.properties",
        "/page/..\\openapi.json",
        "/page//etc/passwd",
        "/page/main.js%00.css",
        "/page/.hidden.js",
        "/api/photos/../../secret",
        "/api/photos/..%2f..%2fsecret",
        "/api/photos/%2e%2e%2f%2e%2e%2fsecret"
      })
  void noPathLeadsOutOfWhatIsServed(String path) throws IOException {
    Files.createDirectories(workspace);
    Files.writeString(temporary.resolve("secret"), "a secret");
    Files.writeString(temporary.resolve("secret.png"), "a secret");
    String answer = raw("GET " + path + " HTTP/1.1", "Authorization: Bearer " + Client.TOKEN);
    assertTrue(answer.startsWith("HTTP/1.1 4"), answer);
    assertFalse(answer.contains("a secret") || answer.contains("libtorch"), answer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../secret", "..", "a/b", "a\\b", ".hidden", "", " a", "a\0b", "a:b"})
  void aNameInTheWorkspaceIsAPlainOne(String name) {
    assertFalse(Workspace.isName(name));
  }

  @Test
  void aLargePictureIsRefusedBeforeItIsDecoded() throws IOException {
    byte[] png = header(10_000, 10_000);
    StudioApiTest.refused(400, client.post("/api/photos", png), "10000 x 10000", "24 million");
    StudioApiTest.refused(
        400, client.post("/api/photos", header(Integer.MAX_VALUE, Integer.MAX_VALUE)), "picture");
    StudioApiTest.refused(400, client.post("/api/photos", new byte[] {1, 2, 3}), "the picture");
    StudioApiTest.refused(413, client.post("/api/photos", new byte[(32 << 20) + 1]), "larger");
    assertFalse(Files.exists(workspace), "nothing was kept");
  }

  /** A PNG file that claims a size and ends after its header. */
  private static byte[] header(int width, int height) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(0x89504e470d0a1a0aL);
    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
    DataOutputStream fields = new DataOutputStream(chunk);
    fields.writeBytes("IHDR");
    fields.writeInt(width);
    fields.writeInt(height);
    fields.write(new byte[] {8, 2, 0, 0, 0}); // eight bits, RGB
    CRC32 crc = new CRC32();
    crc.update(chunk.toByteArray());
    out.writeInt(13);
    out.write(chunk.toByteArray());
    out.writeInt((int) crc.getValue());
    return bytes.toByteArray();
  }

  /** A request as it is, which a well-behaved client would not send. */
  private String raw(String line, String... headers) throws IOException {
    URI origin = URI.create(studio.origin());
    try (Socket socket = new Socket(origin.getHost(), origin.getPort())) {
      StringBuilder request = new StringBuilder(line).append("\r\n");
      boolean hasHost = false;
      for (String header : headers) {
        request.append(header).append("\r\n");
        hasHost |= header.startsWith("Host:");
      }
      if (!hasHost) request.append("Host: 127.0.0.1\r\n");
      request.append("Connection: close\r\n\r\n");
      socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
