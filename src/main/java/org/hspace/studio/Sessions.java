package org.hspace.studio;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The sessions that are kept: so many, and of so much memory; who was used longest ago leaves. */
final class Sessions implements AutoCloseable {
  static final int MOST = 64;
  static final long MOST_BYTES = 1L << 30;
  private static final int ID_BYTES = 8;

  private final Map<String, Session> kept = new LinkedHashMap<>(16, 0.75f, true);
  private final SecureRandom random = new SecureRandom();
  private final Consumer<Session> leaving;

  /**
   * No sessions.
   *
   * @param leaving hears of each session that leaves, before it is closed
   */
  Sessions(Consumer<Session> leaving) {
    this.leaving = leaving;
  }

  /** A name that no other session has. */
  String newId() {
    byte[] id = new byte[ID_BYTES];
    random.nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  /** Keeps a session, in the place of old ones where there is no room. */
  synchronized void keep(Session session) {
    kept.put(session.id(), session);
    Iterator<Session> oldest = kept.values().iterator();
    while (kept.size() > 1 && (kept.size() > MOST || bytes() > MOST_BYTES)) {
      Session leaver = oldest.next();
      oldest.remove();
      end(leaver);
    }
  }

  private long bytes() {
    return kept.values().stream().mapToLong(session -> session.subject().bytes()).sum();
  }

  /**
   * A session that is kept.
   *
   * @throws Refusal when it is not, or no longer
   */
  synchronized Session get(String id) {
    Session found = kept.get(id);
    if (found == null)
      throw new Refusal(
          Refusal.NOT_FOUND, "this session is no longer kept; its picture has to be opened again");
    return found;
  }

  /** Ends a session. */
  synchronized void remove(String id) {
    end(get(id));
    kept.remove(id);
  }

  private void end(Session session) {
    leaving.accept(session);
    session.close();
  }

  @Override
  public synchronized void close() {
    kept.values().forEach(this::end);
    kept.clear();
  }
}
