package org.hspace.studio;

import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.SameSite;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Set;

/**
 * Who may ask. A request has to know the token (in the opening address, a cookie or an {@code
 * Authorization} header), to name this server by an address or a name that nobody else can lead
 * here (DNS rebinding), and not to come from another site's page.
 */
final class Gate {
  private static final String BEARER = "Bearer ";
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final Set<String> OWN_SITES = Set.of("same-origin", "none");

  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src"
          + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final String host;
  private final byte[] token;

  /**
   * A gate.
   *
   * @param host that the server listens on
   */
  Gate(String host, String token) {
    this.host = host.toLowerCase(Locale.ROOT);
    this.token = token.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Whether nobody but this machine reaches an address; the others need a token that was agreed on.
   */
  static boolean isLoopback(String host) {
    return LOOPBACK.contains(host.toLowerCase(Locale.ROOT)) || host.equals("::1");
  }

  /** Lets a request pass, or refuses it. */
  void check(Context request) {
    request.header("Content-Security-Policy", POLICY);
    request.header("X-Content-Type-Options", "nosniff");
    request.header("Referrer-Policy", "no-referrer");
    request.header("Cross-Origin-Resource-Policy", "same-origin");
    request.header("Cross-Origin-Opener-Policy", "same-origin");
    request.header("Cache-Control", "no-store");
    String asked = request.header("Host");
    if (asked == null || !isOurs(name(asked)))
      throw new Refusal(
          Refusal.FORBIDDEN, "this server is not called that; open the address that it printed");
    String origin = request.header("Origin");
    String site = request.header("Sec-Fetch-Site");
    if (origin != null && !origin.equalsIgnoreCase("http://" + asked)
        || site != null && !OWN_SITES.contains(site))
      throw new Refusal(Refusal.FORBIDDEN, "requests of other sites' pages are refused");
    if (!isKnown(request.queryParam("token"))
        && !isKnown(request.cookie(cookie(request)))
        && !isKnown(bearer(request.header("Authorization"))))
      throw new Refusal(
          Refusal.UNAUTHORIZED,
          "the token is missing or of an earlier start; open the address that the studio printed");
  }

  /** Lets the page's own requests pass from now on. */
  void welcome(Context request) {
    Cookie cookie = new Cookie(cookie(request), new String(token, StandardCharsets.UTF_8));
    cookie.setHttpOnly(true);
    cookie.setSameSite(SameSite.STRICT);
    request.cookie(cookie);
  }

  /** Browsers keep one set of cookies for all ports of a host. */
  private static String cookie(Context request) {
    return "hspace-studio-" + request.port();
  }

  private static String bearer(String header) {
    return header != null && header.startsWith(BEARER) ? header.substring(BEARER.length()) : null;
  }

  private boolean isKnown(String found) {
    return found != null && MessageDigest.isEqual(found.getBytes(StandardCharsets.UTF_8), token);
  }

  /** A host without its port. */
  private static String name(String host) {
    int colon = host.lastIndexOf(':');
    boolean port = colon >= 0 && host.indexOf(']', colon) < 0;
    return (port ? host.substring(0, colon) : host).toLowerCase(Locale.ROOT);
  }

  /** Numbers cannot be led elsewhere; of names there are loopback's and the one asked for. */
  private boolean isOurs(String name) {
    if (LOOPBACK.contains(name) || name.equals(host)) return true;
    return !isLoopback(host)
        && (name.matches("\\d{1,3}(\\.\\d{1,3}){3}") || name.matches("\\[[0-9a-f:.]+\\]"));
  }
}
