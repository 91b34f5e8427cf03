package org.hspace.studio;

import org.hspace.HspaceException;

/** A request that is not served, with the status of HTTP that says why. */
final class Refusal extends HspaceException {
  private static final long serialVersionUID = 1L;

  static final int UNAUTHORIZED = 401;
  static final int FORBIDDEN = 403;
  static final int NOT_FOUND = 404;
  static final int CONFLICT = 409;
  static final int UNPROCESSABLE = 422;
  static final int TOO_LARGE = 413;
  static final int BUSY = 503;

  private final int status;

  Refusal(int status, String message) {
    super(message);
    this.status = status;
  }

  int status() {
    return status;
  }
}
