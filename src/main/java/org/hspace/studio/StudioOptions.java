package org.hspace.studio;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.hspace.HspaceException;
import org.hspace.pipeline.InversionOptions;
import org.hspace.pipeline.SamplingOptions;

/**
 * Where and how the studio serves.
 *
 * @param host name or address that it listens on
 * @param port that it listens on; 0 takes a free one
 * @param token what a request must know, at least 8 letters, digits and {@code -_.~}
 * @param workspace folder of what is made; created when something is
 * @param sampling how images are sampled, all steps
 * @param inversion how pictures are inverted, all steps
 * @param previewSteps steps of a picture while a slider moves
 */
public record StudioOptions(
    String host,
    int port,
    String token,
    Path workspace,
    SamplingOptions sampling,
    InversionOptions inversion,
    int previewSteps) {
  private static final int TOKEN_BYTES = 16;

  public StudioOptions {
    if (port < 0 || port > 65535)
      throw new HspaceException("port: expected 0 to 65535, found " + port);
    if (!token.matches("[A-Za-z0-9._~-]{8,128}"))
      throw new HspaceException(
          "token: expected 8 to 128 letters, digits and characters of -._~, found others or another"
              + " length");
    if (previewSteps < 1)
      throw new HspaceException("preview-steps: expected at least 1, found " + previewSteps);
  }

  /** A token that nobody guesses. */
  public static String randomToken() {
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }
}
